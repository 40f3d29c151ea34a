export default {
  cards: {
    appBadge: '应用',
    named: '卡片：{title}',
    from: '来自应用「{app}」',
    updated: '{at} 更新',
    waiting: '已提交，等待应用处理…',
    done: '已处理',
    again: '{text}（上次未成功，重试）',
    opensPage: '（在新窗口打开）',
    failed: {
      unreachable: '应用没有回应，请点按钮重试',
      refused: '应用没有接受，请重试或联系应用负责人',
      bad_answer: '应用的回应有误，是否生效不能确定，请联系应用负责人',
      app_gone: '应用已停用，未能处理',
    },
  },
}

export default {
  commands: {
    title: '应用命令',
    loading: '正在查找可用的命令…',
    loadFailed: '命令没有取到',
    none: '这里没有匹配的应用命令，按回车将作为消息发送',
    answers: '应用给您的答复',
    waiting: '已提交，等待应用答复…',
    onlyYou: '仅您自己可见',
    again: '再试一次',
    failed: {
      no_answer: '应用没有答复，请重试；多次无答复请联系应用负责人',
      app_gone: '应用已停用，没有答复',
    },
  },
}

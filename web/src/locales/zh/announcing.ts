export default {
  announcing: {
    ask: '需要确认',
    askHint: '收到的人逐一点击确认，您可按单位查看谁还没有确认（不支持定时发送）',
    confirm: '确认收到',
    confirmedAt: '已确认 {time}',
    progress: '已确认 {part}/{whole}',
    seeProgress: '查看确认情况',
    title: '确认情况',
    path: '当前位置',
    counting: '正在统计人数，稍候自动更新…',
    addressed: '共 {n} 人',
    byUnit: '按单位',
    ofUnit: '{unit}（本级）',
    nobodyLeft: '所有人都已确认',
    nobodyHere: '没有这类人员',
    states: {
      confirmed: '已确认',
      read: '已读未确认',
      unread: '未读',
      unconfirmed: '未确认',
    },
  },
}

export default {
  search: {
    hint: '搜索消息、文件、联系人、群',
    where: '搜索范围',
    results: '搜索结果',
    sections: { all: '全部', messages: '消息', files: '文件', people: '联系人', groups: '群', units: '单位' },
    start: '输入关键词开始搜索',
    startDetail: '多个词用空格隔开；加引号表示连在一起；姓名可以用拼音首字母。',
    none: '没有找到“{q}”',
    noneDetail: '换一个词，或者放宽筛选条件再试。',
    moreIn: '查看更多{section}',
    anyConversation: '全部会话',
    anySender: '全部发送人',
    from: '开始日期',
    to: '结束日期',
    inConversation: '搜索聊天记录',
  },
}

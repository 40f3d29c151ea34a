export default {
  signin: {
    title: '登录',
    hint: '使用政务账号登录协同平台',
    username: '用户名',
    usernameHint: '请输入用户名',
    password: '密码',
    passwordHint: '请输入密码',
    submit: '登 录',
    lockedUntil: '连续失败次数过多，账号已锁定，请于 {time} 后再试',
    foot: '连续 5 次输错密码，账号将锁定 15 分钟。',
    slogan: '一张网，连到每一个村组',
    more: '消息必达、指令可溯、数据实时汇总。省、市、县、乡、村、组六级协同，关键时刻不掉线。',
    levels: '六级组织',
    starting: '正在进入…',
    startFailed: '暂时无法进入',
  },
}

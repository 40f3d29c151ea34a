export default {
  audiences: {
    unit: '所在区域（块）',
    levels: '层级',
    levelsHint: '不选表示该单位及以下所有层级',
    line: '条线（条）',
    anyLine: '不限条线',
    role: '职责',
    anyRole: '不限职责',
    chooseUnit: '选择单位后显示覆盖范围',
  },
}

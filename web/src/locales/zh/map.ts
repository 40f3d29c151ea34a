export default {
  map: {
    notice: '开发用示意图，无审图号，不得公开使用',
    failed: '地图加载失败',
  },
}

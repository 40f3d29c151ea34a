export default {
  map: {
    notice: 'Development map without an approval number (审图号): not for publication',
    failed: 'The map could not be loaded.',
  },
}

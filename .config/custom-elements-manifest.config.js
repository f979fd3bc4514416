/** `custom-elements.json` is made from the sources: the JSDoc of each element class. */
export default {
  globs: ['src/element/**/*.ts', 'src/views/**/*.ts', 'src/define.ts'],
  outdir: 'dist',
  litelement: true,
  packagejson: false,
};

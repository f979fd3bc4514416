/**
 * The apps that `npm run frameworks` builds: the versions of each framework, and the files that its own template (`npm create vite`, `ng new` …)
 * writes. What a user writes is in the page of the framework, in `src/frameworks/`.
 */

/** One app. */
export interface Starter {
  /** The page in `src/frameworks/` with the files that a user writes; the apps that test a bundler have none. */
  readonly page?: string;
  readonly packages: Readonly<Record<string, string>>;
  /** Path → content of the files of the template. */
  readonly files: Readonly<Record<string, string>>;
  /** Fields of package.json. */
  readonly manifest?: object;
  /** The commands of `node_modules/.bin` that check the types and build, in order. */
  readonly commands: readonly string[];
  /** The folder with the built files, or the command that serves them on a port. */
  readonly output: string | { readonly serve: (port: string) => string };
}

const VITE = { vite: '8.3.8', typescript: '6.0.3' };

const html = (main: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title></head><body><div id="app"></div><script type="module" src="/src/${main}"></script></body></html>`;

const tsconfig = (options: object = {}, include = ['src']): string =>
  JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2023', 'dom', 'dom.iterable'],
      types: ['vite/client'],
      strict: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      skipLibCheck: false,
      noEmit: true,
      ...options,
    },
    include,
  });

const vite = (plugin: string, from: string): string => `import ${plugin} from '${from}';\nexport default { plugins: [${plugin}()] };\n`;

/** The program of the apps that test a bundler, and the page that loads it. */
const PROGRAM = "import 'voice-agent-element/define';\n";
const page = (script: string, type: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title><script ${type ? `type="${type}"` : 'defer'} src="${script}"></script></head><body><voice-agent call-url="/voice/call" placement="bottom-end" heading="Ask Ada"></voice-agent></body></html>`;

/** By name. */
export const STARTERS: Readonly<Record<string, Starter>> = {
  react: {
    page: 'react.md',
    packages: {
      ...VITE,
      react: '19.3.1',
      'react-dom': '19.3.1',
      '@types/react': '19.3.3',
      '@types/react-dom': '19.3.0',
      '@vitejs/plugin-react': '6.3.0',
    },
    files: {
      'index.html': html('main.tsx'),
      'tsconfig.json': tsconfig({ jsx: 'react-jsx' }),
      'vite.config.ts': vite('react', '@vitejs/plugin-react'),
      'src/main.tsx': `import { StrictMode } from 'react';\nimport { createRoot } from 'react-dom/client';\nimport App from './App.tsx';\ncreateRoot(document.getElementById('app')!).render(<StrictMode><App /></StrictMode>);\n`,
    },
    commands: ['tsc --noEmit --allowImportingTsExtensions', 'vite build'],
    output: 'dist',
  },
  vue: {
    page: 'vue.md',
    packages: { ...VITE, vue: '3.5.45', '@vitejs/plugin-vue': '6.0.11', 'vue-tsc': '3.3.14' },
    files: {
      'index.html': html('main.ts'),
      'tsconfig.json': tsconfig({ jsx: 'preserve', jsxImportSource: 'vue' }),
      'src/main.ts': `import { createApp } from 'vue';\nimport App from './App.vue';\ncreateApp(App).mount('#app');\n`,
    },
    commands: ['vue-tsc --noEmit', 'vite build'],
    output: 'dist',
  },
  svelte: {
    page: 'svelte.md',
    packages: { ...VITE, svelte: '5.57.3', '@sveltejs/vite-plugin-svelte': '7.3.1', 'svelte-check': '4.7.8' },
    files: {
      'index.html': html('main.ts'),
      'tsconfig.json': tsconfig({ types: ['svelte', 'vite/client'] }),
      'vite.config.ts': `import { svelte } from '@sveltejs/vite-plugin-svelte';\nexport default { plugins: [svelte()] };\n`,
      'src/main.ts': `import { mount } from 'svelte';\nimport App from './App.svelte';\nexport default mount(App, { target: document.getElementById('app')! });\n`,
    },
    commands: ['svelte-check --fail-on-warnings --tsconfig ./tsconfig.json', 'vite build'],
    output: 'dist',
  },
  solid: {
    page: 'solid.md',
    packages: { ...VITE, 'solid-js': '1.9.20', 'vite-plugin-solid': '2.11.14' },
    files: {
      'index.html': html('main.tsx'),
      'tsconfig.json': tsconfig({ jsx: 'preserve', jsxImportSource: 'solid-js' }),
      'vite.config.ts': vite('solid', 'vite-plugin-solid'),
      'src/main.tsx': `import { render } from 'solid-js/web';\nimport App from './App.tsx';\nrender(() => <App />, document.getElementById('app')!);\n`,
    },
    commands: ['tsc --noEmit --allowImportingTsExtensions', 'vite build'],
    output: 'dist',
  },
  preact: {
    page: 'preact.md',
    packages: { ...VITE, preact: '11.2.0', '@preact/preset-vite': '2.10.6', '@babel/core': '7.28.5' },
    files: {
      'index.html': html('main.tsx'),
      'tsconfig.json': tsconfig({ jsx: 'react-jsx', jsxImportSource: 'preact' }),
      'vite.config.ts': vite('preact', '@preact/preset-vite'),
      'src/main.tsx': `import { render } from 'preact';\nimport { App } from './app.tsx';\nrender(<App />, document.getElementById('app')!);\n`,
    },
    commands: ['tsc --noEmit --allowImportingTsExtensions', 'vite build'],
    output: 'dist',
  },
  next: {
    page: 'next.md',
    packages: {
      next: '16.4.6',
      react: '19.3.1',
      'react-dom': '19.3.1',
      typescript: '6.0.3',
      '@types/react': '19.3.3',
      '@types/node': '22.20.5',
    },
    files: {
      'tsconfig.json': tsconfig(
        {
          jsx: 'react-jsx',
          types: ['node'],
          verbatimModuleSyntax: false,
          allowJs: true,
          resolveJsonModule: true,
          isolatedModules: true,
          esModuleInterop: true,
          skipLibCheck: true,
        },
        ['app'],
      ),
      'app/page.tsx': `export default () => <h1>App</h1>;\n`,
    },
    commands: ['next build', 'tsc --noEmit'],
    output: { serve: (port) => `next start --hostname 127.0.0.1 --port ${port}` },
  },
  nuxt: {
    page: 'nuxt.md',
    packages: { nuxt: '4.5.2', vue: '3.5.45', 'vue-tsc': '3.3.14', typescript: '6.0.3' },
    files: {
      'tsconfig.json': JSON.stringify({
        files: [],
        references: ['app', 'server', 'shared', 'node'].map((part) => ({ path: `./.nuxt/tsconfig.${part}.json` })),
      }),
    },
    commands: ['nuxt prepare', 'nuxt typecheck', 'nuxt build'],
    output: { serve: () => 'node .output/server/index.mjs' },
  },
  angular: {
    page: 'angular.md',
    packages: {
      '@angular/build': '22.2.7',
      '@angular/cli': '22.2.7',
      '@angular/common': '22.2.6',
      '@angular/compiler': '22.2.6',
      '@angular/compiler-cli': '22.2.6',
      '@angular/core': '22.2.6',
      '@angular/platform-browser': '22.2.6',
      rxjs: '7.8.2',
      tslib: '2.8.1',
      typescript: '6.0.3',
    },
    files: {
      'angular.json': JSON.stringify({
        version: 1,
        projects: {
          app: {
            projectType: 'application',
            root: '',
            sourceRoot: 'src',
            architect: {
              build: {
                builder: '@angular/build:application',
                options: { browser: 'src/main.ts', tsConfig: 'tsconfig.json', outputPath: 'dist', index: 'src/index.html' },
              },
            },
          },
        },
      }),
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          strict: true,
          skipLibCheck: true,
          target: 'es2022',
          module: 'preserve',
          lib: ['es2023', 'dom', 'dom.iterable'],
          types: [],
        },
        angularCompilerOptions: { strictTemplates: true },
        include: ['src/**/*.ts'],
      }),
      'src/index.html':
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title><base href="/"></head><body><app-root></app-root></body></html>',
      'src/main.ts': `import { bootstrapApplication } from '@angular/platform-browser';\nimport { App } from './app/app';\nimport './app/shop';\nbootstrapApplication(App).catch(console.error);\n`,
    },
    commands: ['ngc --noEmit -p tsconfig.json', 'ng build'],
    output: 'dist/browser',
  },
  'vite build': {
    packages: { vite: '8.3.8' },
    files: { 'index.html': page('/main.js', 'module'), 'main.js': PROGRAM },
    commands: ['vite build'],
    output: 'dist',
  },
  'vite dev': {
    packages: { vite: '8.3.8' },
    files: { 'index.html': page('/main.js', 'module'), 'main.js': PROGRAM },
    commands: [],
    output: { serve: (port) => `vite --host 127.0.0.1 --port ${port}` },
  },
  webpack: {
    packages: { webpack: '5.113.0', 'webpack-cli': '6.0.1' },
    files: { 'dist/index.html': page('main.js', ''), 'src/index.js': PROGRAM },
    commands: ['webpack --mode production'],
    output: 'dist',
  },
  rspack: {
    packages: { '@rspack/core': '2.2.8', '@rspack/cli': '2.2.8' },
    files: { 'dist/index.html': page('main.js', ''), 'src/index.js': PROGRAM, 'rspack.config.mjs': 'export default {};\n' },
    commands: ['rspack build --mode production'],
    output: 'dist',
  },
  esbuild: {
    packages: { esbuild: '0.28.2' },
    files: { 'dist/index.html': page('main.js', 'module'), 'main.js': PROGRAM },
    commands: [
      'esbuild main.js --bundle --splitting --format=esm --outdir=dist',
      'cp node_modules/voice-agent-element/dist/npm/pcm-worklet.js dist/',
    ],
    output: 'dist',
  },
  parcel: {
    packages: { parcel: '2.16.4' },
    manifest: { '@parcel/resolver-default': { packageExports: true } },
    files: { 'index.html': page('main.js', 'module'), 'main.js': PROGRAM },
    commands: ['parcel build index.html'],
    output: 'dist',
  },
};

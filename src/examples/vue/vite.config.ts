import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === 'voice-agent' } } })],
  server: { proxy: { '/voice': 'http://127.0.0.1:8787' } },
});

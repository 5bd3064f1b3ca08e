import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** The hub serves the built pages itself, so everything is emitted as files: nothing inline, as its content security policy asks. */
export default defineConfig({
  plugins: [svelte()],
  base: '/',
  worker: { format: 'es' },
  build: {
    outDir: '../src/bonghwa/console_assets',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    rolldownOptions: { input: { index: 'index.html', phone: 'phone.html' } },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});

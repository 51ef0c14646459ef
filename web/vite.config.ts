import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), compressed()],
  // Every script is a file of its own: the page allows none that stands in it.
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
  server: { proxy: { '/v1': 'http://127.0.0.1:4747' } },
})

/** Lays a compressed copy beside each asset, so that the server compresses nothing while it serves. */
function compressed(): Plugin {
  let folder = ''
  return {
    name: 'compressed',
    apply: 'build',
    configResolved({ root, build }) {
      folder = resolve(root, build.outDir, 'assets')
    },
    writeBundle() {
      for (const name of readdirSync(folder)) {
        if (!/\.(js|css)$/.test(name)) continue
        const text = readFileSync(join(folder, name))
        writeFileSync(join(folder, `${name}.gz`), gzipSync(text, { level: 9 }))
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text))
      }
    },
  }
}

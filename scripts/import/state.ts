import { appendFile, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SourceFile } from './files.ts'

/** Which files are in already, kept in a file of one line each. */
export interface ImportState {
  isDone(file: SourceFile): boolean
  done(files: readonly SourceFile[]): Promise<void>
}

/** Without a path nothing is kept, and every file is sent: the server knows what it has. */
export async function openState(path: string | undefined): Promise<ImportState> {
  const text = path ? await readFile(path, 'utf8').catch(() => '') : ''
  const known = new Set(text.split('\n'))
  return {
    isDone: (file) => known.has(lineOf(file)),
    async done(files) {
      if (path) await appendFile(path, files.map((file) => `${lineOf(file)}\n`).join(''))
    },
  }
}

/** A file that was changed since is another one. */
function lineOf({ path, bytes, changedAt }: SourceFile): string {
  return JSON.stringify([resolve(path), bytes, changedAt.getTime()])
}

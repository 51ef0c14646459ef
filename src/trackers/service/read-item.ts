import type { Item as ModelItem, Reading } from '../../ai/model.ts'
import { matchKeywords } from '../reading.ts'
import type { Tracker } from '../tracker.ts'
import type { TrackerDeps } from './deps.ts'

/** Reads one item with a tracker: by its words, by the free rules, or by the model that is paid for. */
export async function readWith(
  { model, freeModel }: Pick<TrackerDeps, 'model' | 'freeModel'>,
  { kind, definition }: Tracker,
  item: ModelItem,
  signal: AbortSignal,
): Promise<{ reading: Reading; model: string }> {
  if (kind === 'keyword')
    return { reading: matchKeywords(item, definition.keywords), model: 'keywords' }
  const reader = kind === 'pretrained' ? freeModel : model
  const { question, instructions, side } = definition
  const asked = { item, question: question ?? '', side, ...(instructions ? { instructions } : {}) }
  return { reading: await reader.read(asked, signal), model: reader.name }
}

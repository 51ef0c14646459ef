/** One sentence or turn, said by somebody who is known by a name or a number. */
export interface Spoken {
  speaker: string
  startSeconds?: number | undefined
  endSeconds?: number | undefined
  text: string
}

/** What a transcript says of a call: who speaks and what; and its lines that could not be read. */
export interface Transcript {
  /** What the service that wrote it calls it. */
  id?: string | undefined
  durationSeconds?: number | undefined
  speakers: string[]
  sentences: Spoken[]
  faults: { line: number; error: string }[]
}

/** The speaker of a sentence that names none. */
export const NOBODY = 'Speaker'

/** A transcript of what was said, in its order; its speakers are those who speak. */
export function transcriptOf(
  sentences: Spoken[],
  faults: Transcript['faults'],
  more: Pick<Transcript, 'id' | 'durationSeconds'> = {},
): Transcript {
  const speakers = [...new Set(sentences.map(({ speaker }) => speaker))]
  return { ...more, speakers, sentences, faults }
}

/** A file of which nothing can be made. */
export function unreadable(error: string): Transcript {
  return transcriptOf([], [{ line: 1, error }])
}

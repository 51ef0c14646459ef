/** Handling of text that strangers wrote: seen by the model as data, and as nothing else. */

// Control characters, soft hyphen, zero-width and bidirectional marks, variation selectors,
// tag characters, lone surrogates, interlinear and object marks.
const INVISIBLE =
  /\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\u034f|[\u115f\u1160\u3164\uffa0]|[\u17b4\u17b5]|[\u180b-\u180f]|[\ufe00-\ufe0f]|[\ufff9-\ufffc]|[\u{e0000}-\u{e0fff}]/u

export function isInvisible(character: string): boolean {
  return character !== '\n' && character !== '\t' && INVISIBLE.test(character)
}

/** Without what cannot be seen, and without the fence itself. */
export function clean(text: string, fence: string): string {
  const visible = Array.from(text, (character) => (isInvisible(character) ? '' : character)).join(
    '',
  )
  // Taking a fence out may join the halves of another.
  return visible.includes(fence) ? clean(visible.replaceAll(fence, ' '), fence) : visible
}

/** Sets text between marks that it cannot know. */
export function fenced(label: string, text: string, fence: string): string {
  return `<${label} ${fence}>\n${clean(text, fence)}\n</${label} ${fence}>`
}

/** One line of a body. */
export interface Line {
  /** 1 for the first. */
  no: number
  /** Without its line break; undefined when it was longer than allowed. */
  bytes: Buffer | undefined
}

/** Cuts bytes that come in pieces into lines, holding no more than one line of at most `bytesMax`. */
export function lineCutter(bytesMax: number) {
  let no = 0
  let held: Buffer[] = []
  let heldBytes = 0

  function add(piece: Buffer): void {
    heldBytes += piece.length
    if (heldBytes <= bytesMax) held.push(piece)
    else held = []
  }

  function take(): Line {
    const bytes = heldBytes <= bytesMax ? Buffer.concat(held) : undefined
    held = []
    heldBytes = 0
    no += 1
    return { no, bytes: bytes?.at(-1) === CR ? bytes.subarray(0, -1) : bytes }
  }

  return {
    /** The lines that this piece ends. */
    *push(piece: Buffer): Generator<Line> {
      let from = 0
      for (let to = piece.indexOf(LF); to !== -1; to = piece.indexOf(LF, from)) {
        add(piece.subarray(from, to))
        yield take()
        from = to + 1
      }
      if (from < piece.length) add(Buffer.from(piece.subarray(from)))
    },
    /** The last line, when it does not end in a line break. */
    *end(): Generator<Line> {
      if (heldBytes > 0) yield take()
    },
  }
}

const LF = 10
const CR = 13

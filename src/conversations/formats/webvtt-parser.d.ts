declare module 'webvtt-parser' {
  /** A piece of a cue's text. */
  export interface Node {
    type: 'object' | 'text' | 'timestamp'
    name?: string
    value?: string | number
    children?: Node[]
  }
  export interface Cue {
    startTime: number
    endTime: number
    text: string
    tree: { children: Node[] } | null
  }
  export class WebVTTParser {
    /** `entities`: `&name;` and `&name` to the sign it stands for. */
    constructor(entities?: Record<string, string>)
    parse(
      input: string,
      mode?: string,
    ): {
      cues: Cue[]
      errors: { message: string; line: number; col?: number }[]
    }
  }
  const module: { WebVTTParser: typeof WebVTTParser }
  // biome-ignore lint/style/noDefaultExport: this is how the package exports itself
  export default module
}

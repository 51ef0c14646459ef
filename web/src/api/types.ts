// What the API takes and answers, as its own document tells it.
export type * from '../../../packages/client/src/generated/types.gen.ts'

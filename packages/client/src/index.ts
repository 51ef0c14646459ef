// The one door of the package: what is not named here may change without notice.
export { creditsOf, exactCredits, microsOf, sumCredits, timesCredits } from './amounts.ts'
export type { AnswerOf, Asked, KeyOptions, ListRoute, Route, RowOf } from './calls.ts'
export type { BatchCharge, Batched } from './charge-all.ts'
export { type Client, createClient } from './client.ts'
export type { Amount, Credits, Item, NewCharge, NewHold } from './credits.ts'
export type {
  Balance,
  Charge,
  ChargeWithEntries,
  Estimate,
  Grant,
  Hold,
  LedgerEntry,
  Refund,
  Usage,
} from './generated/types.gen.ts'
export {
  type FieldFault,
  isRefusal,
  NoAnswer,
  type Problem,
  type ProblemCode,
  type ProblemOf,
  Refusal,
} from './problem.ts'
export { type Done, type Job, type Work, WorkTooLong } from './run.ts'
export type { CallOptions, ClientOptions, Notice } from './transport.ts'

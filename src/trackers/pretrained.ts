import type { Side } from '../conversations/sides.ts'

/** A tracker that comes with the house: its question is ours, and reading with it is free. */
export interface Pretrained {
  id: string
  name: string
  description: string
  question: string
  side: Side
}

/** The pretrained trackers, in the order they are shown. Ids are for ever; questions may get better. */
export const pretrained: readonly Pretrained[] = [
  one(
    'pricing',
    'Pricing',
    'Prices, discounts and what things cost.',
    'Is pricing, cost or a discount discussed?',
  ),
  one(
    'budget',
    'Budget',
    'Whether there is money for it.',
    'Does the customer mention a budget?',
    'customer',
  ),
  one(
    'competitor',
    'Competitors',
    'Other vendors and alternatives.',
    'Does the customer mention a competitor or an alternative vendor?',
    'customer',
  ),
  one(
    'objection',
    'Objections',
    'Doubts and reasons against.',
    'Does the customer raise an objection or a concern?',
    'customer',
  ),
  one(
    'next_step',
    'Next steps',
    'What was agreed to happen next.',
    'Is a next step agreed or a follow-up scheduled?',
  ),
  one(
    'decision_maker',
    'Decision makers',
    'Who decides, signs or approves.',
    'Is a decision maker or an approval mentioned?',
  ),
  one(
    'timeline',
    'Timeline',
    'Deadlines, go-live and start dates.',
    'Is a timeline, a deadline or a go-live date mentioned?',
  ),
  one(
    'security_legal',
    'Security and legal',
    'Security, privacy, contracts and compliance.',
    'Are security, privacy, legal or compliance topics discussed?',
  ),
  one(
    'churn_risk',
    'Churn risk',
    'Signs that the customer may leave.',
    'Does the customer say they want to cancel, leave or not renew?',
    'customer',
  ),
  one(
    'feature_request',
    'Feature requests',
    'What the product should do and does not.',
    'Does the customer ask for a feature or say that something is missing?',
    'customer',
  ),
]

export function findPretrained(id: string): Pretrained | undefined {
  return pretrained.find((known) => known.id === id)
}

function one(
  id: string,
  name: string,
  description: string,
  question: string,
  side: Side = 'anyone',
): Pretrained {
  return { id, name, description, question, side }
}

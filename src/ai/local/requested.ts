import { type Concept, concept } from './lexicon.ts'

/** Things people are often asked for, and how the request names them. */
export const requested: Concept[] = [
  concept(
    'anything else',
    'anything else|(?:something|more) else|other help',
    `anything else|something else|any other|anything (?:more|further)|what else|else (?:i|we) can|help (?:you )?(?:with )?(?:else|further)`,
  ),
  concept(
    'name',
    '(?:full |first |last )?names?',
    `names?|who (?:am i|is this|are you|do i have)|whom am i`,
  ),
  concept('PIN', 'pins?|passcode|password', 'pins?|pin (?:code|number)|passcode|password'),
  concept(
    'telephone',
    '(?:tele)?phone(?: number)?|mobile',
    '(?:phone|telephone|mobile|cell)(?: number)?|reach you|contact number|call you',
  ),
  concept('email address', 'e-?mail(?: address)?', 'e-?mail(?: address)?'),
  concept(
    'account',
    'account(?: number)?|order number',
    '(?:account|order|customer|reference)(?: number| id)?',
  ),
  concept(
    'date',
    'dates?|day|time|when',
    'when|what (?:day|time|date)|which (?:day|date|time)|how soon|dates?',
  ),
  concept(
    'budget',
    'budget|price range',
    'budget|price range|how much (?:are|do|can|would) you|spend',
  ),
  concept('address', 'address|location', 'address|where (?:are|do|is)|location|street'),
  concept(
    'meeting',
    'meeting|call|demo',
    'meet|meeting|call|demo|time to (?:talk|chat)|calendar|availab*',
  ),
]

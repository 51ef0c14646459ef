import { expect, test } from 'vitest'
import { membershipAfter } from './people.ts'

const none = { teamIds: [], primaryTeamId: null }
const two = { teamIds: ['a', 'b'], primaryTeamId: 'b' }
const fault = 'must be one of the teams of the member'

test.each([
  ['in no team there is no primary one', none, {}, none],
  [
    'the first team named becomes primary',
    none,
    { teamIds: ['b', 'a'] },
    { teamIds: ['b', 'a'], primaryTeamId: 'b' },
  ],
  [
    'a primary team alone is joined',
    none,
    { primaryTeamId: 'a' },
    { teamIds: ['a'], primaryTeamId: 'a' },
  ],
  ['what is not said stays', two, {}, two],
  [
    'another of the teams becomes primary',
    two,
    { primaryTeamId: 'a' },
    { ...two, primaryTeamId: 'a' },
  ],
  [
    'a primary team that is left passes on',
    two,
    { teamIds: ['a', 'c'] },
    { teamIds: ['a', 'c'], primaryTeamId: 'a' },
  ],
  [
    'a primary team that stays is kept',
    two,
    { teamIds: ['c', 'b'] },
    { teamIds: ['c', 'b'], primaryTeamId: 'b' },
  ],
  ['leaving all teams leaves no primary one', two, { teamIds: [] }, none],
  ['null asks for any of the teams', two, { primaryTeamId: null }, two],
  [
    'a team named twice counts once',
    none,
    { teamIds: ['a', 'a'] },
    { teamIds: ['a'], primaryTeamId: 'a' },
  ],
  ['a primary team outside is refused', two, { primaryTeamId: 'c' }, fault],
  ['one outside the new teams too', two, { teamIds: ['a'], primaryTeamId: 'b' }, fault],
])('%s', (_fact, now, asked, after) => {
  expect(membershipAfter(now, asked)).toEqual(after)
})

import { createContext, useContext } from 'react'
import type { Session } from './api/types.ts'
import { type Times, timesIn } from './times.ts'

export interface Here {
  session: Session
  times: Times
  /** The company's time: real, or where its test clock stands. */
  now: () => Date
  /** What the role may do; the server decides, the page explains. */
  can: (scope: Session['scopes'][number]) => boolean
}

const Context = createContext<Here | undefined>(undefined)
export const HereProvider = Context.Provider

export function hereOf(session: Session): Here {
  const has = new Set<string>(session.scopes)
  return {
    session,
    times: timesIn(session.company.timezone),
    now: () => (session.company.onTestClock ? new Date(session.now) : new Date()),
    can: (scope) => has.has(scope) || has.has('admin'),
  }
}

/** Who is signed in, and how the company counts time. */
export function useHere(): Here {
  const here = useContext(Context)
  if (!here) throw new Error('used outside of the shell')
  return here
}

export const roleNames: Record<string, string> = {
  tech_admin: 'Tech admin',
  business_admin: 'Business admin',
  member: 'Member',
}

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem } from '../../kit/problem.ts'
import type { App } from '../../platform/app.ts'
import { answers, id, nothing } from '../../platform/shapes.ts'
import { memberOut, ownSessionOut } from '../present.ts'
import * as invitations from '../service/invitations.ts'
import * as service from '../service/sessions.ts'
import { maySignIn, readSessionCookie, sessionCookie } from '../session.ts'
import {
  EndedSessions,
  Invitation,
  InvitationAccept,
  InvitationLook,
  Invited,
  OwnSessions,
  PasswordChange,
  SessionOut,
  SetUp,
  SignIn,
} from '../shapes.ts'

const tags = ['session']

/** Signing in and out, one's own password, invitations, and whether the installation is new. */
export function sessionRoutes(
  app: App,
  house: service.SessionDeps & invitations.InviteDeps & { isHttps: boolean },
): void {
  const { isHttps } = house
  app.post(
    '/v1/session',
    {
      config: { access: 'public', key: 'none' },
      schema: {
        summary: 'Sign in; the answer sets the cookie of the session',
        tags,
        body: SignIn,
        response: answers({ 204: nothing }, 409, 429),
      },
    },
    async (request, reply) => {
      requireOwnPage(request)
      const before = readSessionCookie(request.headers.cookie, isHttps)
      const session = await service.signIn(house, { ...request.body, ...seenFrom(request) })
      // Whoever signs in on a browser again leaves nothing open behind.
      if (before !== undefined) await service.signOut(house, before)
      return reply.header('set-cookie', sessionCookie(session, isHttps)).code(204).send()
    },
  )
  app.get(
    '/v1/session',
    {
      config: { access: 'data:read' },
      schema: { summary: 'Who is signed in', tags, response: answers({ 200: SessionOut }) },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      const { member, now, company, scopes } = await service.readSession(deps, request.caller)
      const who = { member: memberOut(member), role: member.role, scopes: [...scopes] }
      return { ...who, company, now: now.toISOString() }
    },
  )
  app.delete(
    '/v1/session',
    {
      config: { access: 'public' },
      schema: { summary: 'Sign out', tags, response: answers({ 204: nothing }) },
    },
    async (request, reply) => {
      requireOwnPage(request)
      const session = readSessionCookie(request.headers.cookie, isHttps)
      if (session !== undefined) await service.signOut(house, session)
      return reply.header('set-cookie', sessionCookie(null, isHttps)).code(204).send()
    },
  )
  app.get(
    '/v1/sessions',
    {
      config: { access: 'data:read' },
      schema: {
        summary: "Where one is signed in: one's own sessions, the one used last first",
        tags,
        response: answers({ 200: OwnSessions }),
      },
    },
    async (request) => {
      const { caller, db } = request
      const own = await service.listOwnSessions({ ...house, db }, caller)
      return { data: own.map((session) => ownSessionOut(session, caller.sessionId)) }
    },
  )
  app.delete(
    '/v1/sessions',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'Sign out everywhere else',
        tags,
        response: answers({ 200: EndedSessions }),
      },
    },
    async (request) => ({ ended: await service.endOtherSessions(request, request.caller) }),
  )
  app.delete(
    '/v1/sessions/:id',
    {
      config: { access: 'data:read' },
      schema: {
        summary: "End one of one's own sessions",
        tags,
        params: z.strictObject({ id }),
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      await service.endOwnSession({ ...house, db: request.db }, request.caller, request.params.id)
      return reply.code(204).send()
    },
  )
  app.post(
    '/v1/session/password',
    {
      config: { access: 'data:read', key: 'none' },
      schema: {
        summary: "Change one's own password; every other session of the member ends",
        tags,
        body: PasswordChange,
        response: answers({ 204: nothing }, 422, 429),
      },
    },
    async (request, reply) => {
      const asked = { ...request.body, ...seenFrom(request) }
      const session = await service.changeOwnPassword(house, request.caller, asked)
      return reply.header('set-cookie', sessionCookie(session, isHttps)).code(204).send()
    },
  )
  app.post(
    '/v1/members/:id/invitation',
    {
      config: { access: 'admin', secretAnswer: true },
      schema: {
        summary: 'Make a one-time link for a member to choose a password',
        tags: ['people'],
        params: z.strictObject({ id }),
        response: answers({ 201: Invitation }),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      const made = await invitations.invite(deps, request.caller, request.params.id)
      return reply.code(201).send({ ...made, expiresAt: made.expiresAt.toISOString() })
    },
  )
  app.post(
    '/v1/invitations/look',
    {
      config: { access: 'public', key: 'none' },
      schema: {
        summary: 'Whom an invitation is for',
        tags,
        body: InvitationLook,
        response: answers({ 200: Invited }),
      },
    },
    async (request) => invitations.readInvitation(house, request.body.token),
  )
  app.post(
    '/v1/invitations/accept',
    {
      config: { access: 'public', key: 'none' },
      schema: {
        summary: 'Choose the password that an invitation is for, once',
        tags,
        body: InvitationAccept,
        response: answers({ 204: nothing }, 422),
      },
    },
    async (request, reply) => {
      requireOwnPage(request)
      await invitations.acceptInvitation(house, request.body)
      return reply.code(204).send()
    },
  )
  app.get(
    '/v1/setup',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Whether the installation waits for its first company',
        tags,
        response: answers({ 200: SetUp }),
      },
    },
    async () => ({ needed: await invitations.isUnused(house) }),
  )
}

function seenFrom({ ip, headers }: FastifyRequest) {
  return { address: ip, userAgent: headers['user-agent'] ?? null }
}

/** Refuses a browser that was sent here by the page of somebody else. */
function requireOwnPage({ headers, method }: FastifyRequest): void {
  const { host, origin, 'sec-fetch-site': site } = headers
  const fetchSite = Array.isArray(site) ? site[0] : site
  if (maySignIn({ method, host, origin, fetchSite })) return
  throw new Problem('forbidden', 'This may be done only from a page of this server.')
}

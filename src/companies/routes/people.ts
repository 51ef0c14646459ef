import { z } from 'zod'
import type { App } from '../../platform/app.ts'
import type { Clock } from '../../platform/clock.ts'
import { answers, id, listOf, nothing, page } from '../../platform/shapes.ts'
import { memberOut, teamOut } from '../present.ts'
import type { KeyRing } from '../service/key-ring.ts'
import * as members from '../service/members.ts'
import * as teams from '../service/teams.ts'
import { Features, Member, MemberChange, NewMember, NewTeam, Team, TeamChange } from '../shapes.ts'

const tags = ['people']
const params = z.strictObject({ id })
const querystring = z.strictObject(page)

/** The company's members. */
export function memberRoutes(app: App, house: { clock: Clock; keys: KeyRing }): void {
  app.get(
    '/v1/members',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'List members',
        tags,
        querystring,
        response: answers({ 200: listOf(Member) }),
      },
    },
    async (request) => {
      const { data, nextCursor } = await members.listMembers(request, request.caller, request.query)
      return { data: data.map(memberOut), nextCursor }
    },
  )
  app.post(
    '/v1/members',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Add a member',
        tags,
        body: NewMember,
        response: answers({ 201: Member }, 409, 422),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      const member = await members.makeMember(deps, request.caller, request.body)
      return reply.code(201).send(memberOut(member))
    },
  )
  app.get(
    '/v1/members/:id',
    {
      config: { access: 'data:read' },
      schema: { summary: 'One member', tags, params, response: answers({ 200: Member }) },
    },
    async (request) =>
      memberOut(await members.readMember(request, request.caller, request.params.id)),
  )
  app.patch(
    '/v1/members/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change a member',
        tags,
        params,
        body: MemberChange,
        response: answers({ 200: Member }, 409, 422),
      },
    },
    async (request) => {
      const { id } = request.params
      return memberOut(await members.changeMember(request, request.caller, id, request.body))
    },
  )
  app.delete(
    '/v1/members/:id',
    {
      config: { access: 'admin' },
      schema: { summary: 'Remove a member', tags, params, response: answers({ 204: nothing }) },
    },
    async (request, reply) => {
      await members.removeMember({ ...house, db: request.db }, request.caller, request.params.id)
      return reply.code(204).send()
    },
  )
}

/** The company's teams and their feature switches. */
export function teamRoutes(
  app: App,
  house: { clock: Clock; raiseEpoch: teams.TeamDeps['raiseEpoch'] },
): void {
  app.get(
    '/v1/teams',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'List teams',
        tags,
        querystring,
        response: answers({ 200: listOf(Team) }),
      },
    },
    async (request) => {
      const { data, nextCursor } = await teams.listTeams(request, request.caller, request.query)
      return { data: data.map(teamOut), nextCursor }
    },
  )
  app.post(
    '/v1/teams',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Make a team',
        tags,
        body: NewTeam,
        response: answers({ 201: Team }, 409),
      },
    },
    async (request, reply) => {
      const team = await teams.makeTeam({ ...house, db: request.db }, request.caller, request.body)
      return reply.code(201).send(teamOut(team))
    },
  )
  app.get(
    '/v1/teams/:id',
    {
      config: { access: 'data:read' },
      schema: { summary: 'One team', tags, params, response: answers({ 200: Team }) },
    },
    async (request) => teamOut(await teams.readTeam(request, request.caller, request.params.id)),
  )
  app.patch(
    '/v1/teams/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change a team',
        tags,
        params,
        body: TeamChange,
        response: answers({ 200: Team }),
      },
    },
    async (request) =>
      teamOut(
        await teams.changeTeam(
          { ...house, db: request.db },
          request.caller,
          request.params.id,
          request.body,
        ),
      ),
  )
  app.put(
    '/v1/teams/:id/features',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Switch features of a team on and off',
        tags,
        params,
        body: Features,
        response: answers({ 200: Team }),
      },
    },
    async (request) => {
      const change = { features: request.body }
      const deps = { ...house, db: request.db }
      return teamOut(await teams.changeTeam(deps, request.caller, request.params.id, change))
    },
  )
  app.delete(
    '/v1/teams/:id',
    {
      config: { access: 'admin' },
      schema: { summary: 'Delete a team', tags, params, response: answers({ 204: nothing }) },
    },
    async (request, reply) => {
      await teams.removeTeam({ ...house, db: request.db }, request.caller, request.params.id)
      return reply.code(204).send()
    },
  )
}

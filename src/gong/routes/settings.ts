import { z } from 'zod'
import type { App } from '../../platform/app.ts'
import { id } from '../../platform/shapes.ts'
import { Briefs, OneUser, Trackers, Users, Workspaces } from '../answers.ts'
import { gongAnswers } from '../errors.ts'
import {
  listBriefTemplates,
  listKeywordTrackers,
  listUsers,
  listWorkspaces,
  readUser,
} from '../service/settings.ts'
import { PageQuestion, UserQuestion, WorkspaceQuestion } from '../shapes.ts'

const tags = ['gong']

export function gongSettingRoutes(app: App): void {
  app.get(
    '/v2/users',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'List users',
        tags,
        querystring: UserQuestion,
        response: gongAnswers({ 200: Users }),
      },
    },
    async (request) => ({
      requestId: request.id,
      ...(await listUsers(request, request.caller, request.query)),
    }),
  )
  app.get(
    '/v2/users/:id',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'One user',
        tags,
        params: z.object({ id }),
        response: gongAnswers({ 200: OneUser }),
      },
    },
    async (request) => ({
      requestId: request.id,
      user: await readUser(request, request.caller, request.params.id),
    }),
  )
  app.get(
    '/v2/workspaces',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'The one workspace of the company',
        tags,
        querystring: WorkspaceQuestion,
        response: gongAnswers({ 200: Workspaces }),
      },
    },
    async (request) => ({
      requestId: request.id,
      ...(await listWorkspaces(request, request.caller, request.query)),
    }),
  )
  app.get(
    '/v2/settings/trackers',
    {
      config: { access: 'trackers:read' },
      schema: {
        summary: 'List keyword trackers',
        tags,
        querystring: PageQuestion,
        response: gongAnswers({ 200: Trackers }),
      },
    },
    async (request) => ({
      requestId: request.id,
      ...(await listKeywordTrackers(request, request.caller, request.query)),
    }),
  )
  app.get(
    '/v2/settings/briefs',
    {
      config: { access: 'ai:brief' },
      schema: {
        summary: 'List templates of briefs',
        tags,
        querystring: PageQuestion,
        response: gongAnswers({ 200: Briefs }),
      },
    },
    async (request) => ({
      requestId: request.id,
      ...(await listBriefTemplates(request, request.caller, request.query)),
    }),
  )
}

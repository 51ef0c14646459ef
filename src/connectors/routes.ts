import { z } from 'zod'
import type { App } from '../platform/app.ts'
import { answers, id, nothing, page } from '../platform/shapes.ts'
import { connectorOut, runOut } from './present.ts'
import * as service from './service/connectors.ts'
import type { ConnectorDeps } from './service/deps.ts'
import {
  Connector,
  ConnectorChange,
  Connectors,
  NewConnector,
  SyncRun,
  SyncRuns,
} from './shapes.ts'

const tags = ['connectors']
const params = z.strictObject({ id })

/** Servers that speak Gong's public API, whose calls, transcripts and users are pulled in. */
export function connectorRoutes(
  app: App,
  house: Pick<ConnectorDeps, 'clock' | 'outbound' | 'secrets'>,
): void {
  app.get(
    '/v1/connectors',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'List connectors, newest first',
        tags,
        querystring: z.strictObject(page),
        response: answers({ 200: Connectors }),
      },
    },
    async (request) => {
      const { caller, query } = request
      const { data, nextCursor } = await service.listConnectors(request, caller, query)
      return { data: data.map(connectorOut), nextCursor }
    },
  )
  app.post(
    '/v1/connectors',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Connect a server whose calls are pulled in',
        tags,
        body: NewConnector,
        response: answers({ 201: Connector }, 409, 422),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      const made = await service.makeConnector(deps, request.caller, request.body)
      return reply.code(201).send(connectorOut(made))
    },
  )
  app.get(
    '/v1/connectors/:id',
    {
      config: { access: 'admin' },
      schema: { summary: 'One connector', tags, params, response: answers({ 200: Connector }) },
    },
    async (request) =>
      connectorOut(await service.readConnector(request, request.caller, request.params.id)),
  )
  app.patch(
    '/v1/connectors/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change a connector, or switch it on or off',
        tags,
        params,
        body: ConnectorChange,
        response: answers({ 200: Connector }, 422),
      },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      const { caller, params, body } = request
      return connectorOut(await service.changeConnector(deps, caller, params.id, body))
    },
  )
  app.delete(
    '/v1/connectors/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'End a connector; what came in stays',
        tags,
        params,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      await service.removeConnector(request, request.caller, request.params.id)
      return reply.code(204).send()
    },
  )
  app.post(
    '/v1/connectors/:id/sync',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Sync now',
        tags,
        params,
        response: answers({ 202: SyncRun }, 409),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      const run = await service.syncNow(deps, request.caller, request.params.id)
      return reply.code(202).send(runOut(run))
    },
  )
  app.get(
    '/v1/connectors/:id/runs',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'List the syncs of a connector, newest first',
        tags,
        params,
        querystring: z.strictObject(page),
        response: answers({ 200: SyncRuns }),
      },
    },
    async (request) => {
      const { caller, params, query } = request
      const { data, nextCursor } = await service.listRuns(request, caller, params.id, query)
      return { data: data.map(runOut), nextCursor }
    },
  )
}

import { z } from 'zod'
import type { App } from '../../platform/app.ts'
import type { Clock } from '../../platform/clock.ts'
import { answers, id, listOf, nothing, page } from '../../platform/shapes.ts'
import { integrationOut } from '../present.ts'
import * as service from '../service/integrations.ts'
import type { KeyRing } from '../service/key-ring.ts'
import {
  Integration,
  IntegrationChange,
  NewIntegration,
  OpenedIntegration,
  RotatedKey,
} from '../shapes.ts'

const tags = ['integrations']
const params = z.strictObject({ id })

/** Programs that may act for the company, and their keys. */
export function integrationRoutes(app: App, house: { clock: Clock; keys: KeyRing }): void {
  app.get(
    '/v1/integrations',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'List integrations',
        tags,
        querystring: z.strictObject(page),
        response: answers({ 200: listOf(Integration) }),
      },
    },
    async (request) => {
      const { data, nextCursor } = await service.listIntegrations(
        request,
        request.caller,
        request.query,
      )
      return { data: data.map(integrationOut), nextCursor }
    },
  )
  app.post(
    '/v1/integrations',
    {
      config: { access: 'admin', secretAnswer: true },
      schema: {
        summary: 'Make an integration; its key is shown this once',
        tags,
        body: NewIntegration,
        response: answers({ 201: OpenedIntegration }, 409, 422),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      const { integration, key } = await service.makeIntegration(deps, request.caller, request.body)
      return reply.code(201).send({ ...integrationOut(integration), key })
    },
  )
  app.get(
    '/v1/integrations/:id',
    {
      config: { access: 'admin' },
      schema: { summary: 'One integration', tags, params, response: answers({ 200: Integration }) },
    },
    async (request) =>
      integrationOut(await service.readIntegration(request, request.caller, request.params.id)),
  )
  app.patch(
    '/v1/integrations/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change an integration',
        tags,
        params,
        body: IntegrationChange,
        response: answers({ 200: Integration }, 422),
      },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      const { id } = request.params
      return integrationOut(await service.changeIntegration(deps, request.caller, id, request.body))
    },
  )
  app.post(
    '/v1/integrations/:id/rotate',
    {
      config: { access: 'admin', secretAnswer: true },
      schema: {
        summary: 'Give an integration a new key; the old one ends at once',
        tags,
        params,
        response: answers({ 200: RotatedKey }, 409),
      },
    },
    async (request) =>
      service.rotateKey({ ...house, db: request.db }, request.caller, request.params.id),
  )
  app.delete(
    '/v1/integrations/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'End an integration; its key stops working at once',
        tags,
        params,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      await service.removeIntegration(deps, request.caller, request.params.id)
      return reply.code(204).send()
    },
  )
}

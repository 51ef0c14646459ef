import { z } from 'zod'
import type { App } from '../../platform/app.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Outbound } from '../../platform/outbound.ts'
import { answers, id, nothing, page } from '../../platform/shapes.ts'
import { deliveryOut, webhookOut } from '../present.ts'
import * as service from '../service/webhooks.ts'
import {
  Deliveries,
  Delivery,
  MadeWebhook,
  NewWebhook,
  RotatedSecret,
  Webhook,
  WebhookChange,
  Webhooks,
} from '../shapes.ts'

const tags = ['webhooks']
const params = z.strictObject({ id })
const querystring = z.strictObject(page)

/** Addresses that are told of events by signed messages. */
export function webhookRoutes(app: App, house: { clock: Clock; outbound: Outbound }): void {
  app.get(
    '/v1/webhooks',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'List webhooks',
        tags,
        querystring,
        response: answers({ 200: Webhooks }),
      },
    },
    async (request) => {
      const { caller, query } = request
      const { data, nextCursor } = await service.listWebhooks(request, caller, query)
      return { data: data.map(webhookOut), nextCursor }
    },
  )
  app.post(
    '/v1/webhooks',
    {
      config: { access: 'admin', secretAnswer: true },
      schema: {
        summary: 'Make a webhook; its secret is shown this once',
        tags,
        body: NewWebhook,
        response: answers({ 201: MadeWebhook }, 409, 422),
      },
    },
    async (request, reply) => {
      const deps = { ...house, db: request.db }
      const webhook = await service.makeWebhook(deps, request.caller, request.body)
      return reply.code(201).send({ ...webhookOut(webhook), secret: webhook.secret })
    },
  )
  app.get(
    '/v1/webhooks/:id',
    {
      config: { access: 'admin' },
      schema: { summary: 'One webhook', tags, params, response: answers({ 200: Webhook }) },
    },
    async (request) =>
      webhookOut(await service.readWebhook(request, request.caller, request.params.id)),
  )
  app.patch(
    '/v1/webhooks/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change a webhook, or switch it on or off',
        tags,
        params,
        body: WebhookChange,
        response: answers({ 200: Webhook }, 422),
      },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      const { caller, params, body } = request
      return webhookOut(await service.changeWebhook(deps, caller, params.id, body))
    },
  )
  app.delete(
    '/v1/webhooks/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'End a webhook',
        tags,
        params,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      await service.removeWebhook(request, request.caller, request.params.id)
      return reply.code(204).send()
    },
  )
  app.post(
    '/v1/webhooks/:id/rotate',
    {
      config: { access: 'admin', secretAnswer: true },
      schema: {
        summary: 'Give a webhook a new secret; the old one signs too for a day',
        tags,
        params,
        response: answers({ 200: RotatedSecret }, 409),
      },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      const { id, secret, oldSecretUntil } = await service.rotateSecret(
        deps,
        request.caller,
        request.params.id,
      )
      return { id, secret, oldSecretUntil: oldSecretUntil.toISOString() }
    },
  )
  app.get(
    '/v1/webhooks/:id/deliveries',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'List the messages of a webhook, and how they arrived',
        tags,
        params,
        querystring,
        response: answers({ 200: Deliveries }),
      },
    },
    async (request) => {
      const { caller, params, query } = request
      const { data, nextCursor } = await service.listDeliveries(request, caller, params.id, query)
      return { data: data.map(deliveryOut), nextCursor }
    },
  )
  app.post(
    '/v1/webhooks/:id/deliveries/:deliveryId/retry',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Send a message again',
        tags,
        params: z.strictObject({ id, deliveryId: id }),
        response: answers({ 200: Delivery }, 409),
      },
    },
    async (request) => {
      const { caller, params } = request
      return deliveryOut(await service.redeliver(request, caller, params.id, params.deliveryId))
    },
  )
}

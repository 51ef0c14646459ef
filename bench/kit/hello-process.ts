import Fastify from 'fastify'
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { z } from 'zod'

// What the same framework does at best: one POST, validated by the same provider, that answers hello.

const app = Fastify().withTypeProvider<ZodTypeProvider>()
app.setValidatorCompiler(validatorCompiler)
app.setSerializerCompiler(serializerCompiler)
app.post(
  '/hello',
  {
    schema: {
      body: z.strictObject({ name: z.string().min(1).max(100) }),
      response: { 201: z.object({ hello: z.string() }) },
    },
  },
  async ({ body }, reply) => reply.code(201).send({ hello: body.name }),
)
console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
process.once('SIGTERM', () => process.exit(0))

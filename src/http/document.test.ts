import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestHouse, testHouse } from '../../tests/kit/house.ts'

let house: TestHouse
beforeAll(async () => {
  house = await testHouse()
})
afterAll(() => house.close())

test('the published document is OpenAPI 3.1 without noise', async () => {
  const { body: document, text } = await house.client().get('/openapi.json')
  expect(document.openapi).toBe('3.1.0')
  const { post } = document.paths['/v1/companies']
  expect(post).toMatchObject({ operationId: 'postCompanies', summary: 'Found a company' })
  const key = { name: 'Idempotency-Key', in: 'header', required: false }
  expect(post.parameters).toContainEqual(expect.objectContaining(key))
  const { schema } = post.requestBody.content['application/json']
  expect(schema.properties.testClock).toMatchObject({ type: 'string', format: 'date-time' })
  expect(schema.required).toEqual(['name'])
  expect(Object.keys(post.responses['409'].content)).toEqual(['application/problem+json'])
  const removed = document.paths['/v1/members/{id}'].delete.responses['204']
  expect(removed.content).toBeUndefined()
  expect(text).not.toMatch(/9007199|x-access|x-key|Default Response/)
})

test('every operation has a name of its own, says what it does, and refers to what is there', async () => {
  const { body: document, text } = await house.client().get('/openapi.json')
  const operations = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods as Record<string, { operationId: string; summary: string }>),
  )
  const names = operations.map(({ operationId }) => operationId)
  expect(names.length).toBeGreaterThan(20)
  expect(new Set(names).size).toBe(names.length)
  expect(operations.filter(({ summary }) => !summary)).toEqual([])
  const shapes = new Set(
    [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name),
  )
  expect([...shapes].sort()).toEqual(Object.keys(document.components.schemas).sort())
})

test('the type of a problem leads to its section', async () => {
  const { body: refused } = await house.client().get('/nowhere')
  const [path, section] = refused.type.split('#')
  const page = await house.client().get(path)
  expect(page.headers['content-type']).toMatch(/^text\/html/)
  expect(page.text).toContain(`<h2 id="${section}">`)
})

test('the reference page comes from here alone', async () => {
  const page = await house.client().get('/docs/')
  expect(page.headers['content-type']).toMatch(/^text\/html/)
  expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  const [, script] = /<script src="([^"]+)"/.exec(page.text) ?? []
  expect((await house.client().get(`/docs/${script}`)).status).toBe(200)
})

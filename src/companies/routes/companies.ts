import { z } from 'zod'
import type { App } from '../../platform/app.ts'
import { answers, listOf, page } from '../../platform/shapes.ts'
import { auditEntryOut, companyOut } from '../present.ts'
import { listAudit } from '../service/audit.ts'
import {
  type ChangeDeps,
  changeCompany,
  type FoundingDeps,
  foundCompany,
  listCompanies,
  readCompany,
} from '../service/companies.ts'
import {
  AuditEntry,
  AuditQuestion,
  Company,
  CompanyChange,
  FoundedCompany,
  ListedCompany,
  NewCompany,
} from '../shapes.ts'

/** Companies for the operator, and a company's own settings and audit trail. */
export function companyRoutes(app: App, house: Omit<FoundingDeps & ChangeDeps, 'db'>): void {
  app.post(
    '/v1/companies',
    {
      config: { access: 'operator', secretAnswer: true },
      schema: {
        summary: 'Found a company',
        tags: ['companies'],
        body: NewCompany,
        response: answers({ 201: FoundedCompany }, 409, 422),
      },
    },
    async (request, reply) => {
      const made = await foundCompany({ ...house, db: request.db }, request.body)
      const { id, name, timezone, createdAt } = made.company
      return reply.code(201).send({
        ...{ id, name, timezone },
        testClock: made.testClock?.toISOString() ?? null,
        apiKey: made.apiKey,
        admin: made.admin ? { id: made.admin.id } : null,
        createdAt: createdAt.toISOString(),
      })
    },
  )

  app.get(
    '/v1/companies',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'List the companies of this installation',
        tags: ['companies'],
        querystring: z.strictObject(page),
        response: answers({ 200: listOf(ListedCompany) }),
      },
    },
    async (request) => {
      const { data, nextCursor } = await listCompanies(request, request.query)
      const rows = data.map(({ id, name, timezone, onTestClock, createdAt }) => {
        return { id, name, timezone, onTestClock, createdAt: createdAt.toISOString() }
      })
      return { data: rows, nextCursor }
    },
  )

  app.get(
    '/v1/company',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'The company and its settings',
        tags: ['companies'],
        response: answers({ 200: Company }),
      },
    },
    async (request) => companyOut(await readCompany(request, request.caller)),
  )

  app.patch(
    '/v1/company',
    {
      config: { access: 'admin' },
      schema: {
        summary: "Change the company's name, time zone or settings",
        tags: ['companies'],
        body: CompanyChange,
        response: answers({ 200: Company }, 409, 422),
      },
    },
    async (request) =>
      companyOut(await changeCompany({ ...house, db: request.db }, request.caller, request.body)),
  )

  app.get(
    '/v1/audit',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Who changed what and when',
        tags: ['companies'],
        querystring: AuditQuestion,
        response: answers({ 200: listOf(AuditEntry) }),
      },
    },
    async (request) => {
      const { data, nextCursor } = await listAudit(request, request.caller, request.query)
      return { data: data.map(auditEntryOut), nextCursor }
    },
  )
}

import { z } from 'zod'
import { isTimezone } from '../kit/calendar.ts'
import { roles, scopes } from '../kit/caller.ts'
import { id, page, text, time, timeOut } from '../platform/shapes.ts'
import { gongIds } from './company.ts'
import { accessKinds, integrationKinds } from './integration.ts'
import { visibilities } from './people.ts'

// The shapes of companies, people and integrations on the wire.

const name = text(200)
const email = z.email({ error: 'must be an email address' }).max(254)
const password = text(1000).meta({ description: 'At least 8 characters.' })
const timezone = text(100)
  .refine(isTimezone, { error: 'must be an IANA time zone, as Europe/Oslo' })
  .meta({ description: 'An IANA time zone, as Europe/Oslo.' })
const limit = z.number().int().min(0).max(1_000_000)

const limitsOut = z.object({
  manualPerMemberHour: z.number().int(),
  gongPerSecond: z.number().int(),
  gongPerDay: z.number().int(),
})

export const NewCompany = z.strictObject({
  name,
  timezone: timezone.default('UTC'),
  testClock: time
    .optional()
    .meta({ description: 'For tests: where the time of the company stands until it is moved.' }),
  admin: z.strictObject({ name, email, password }).optional(),
})

export const FoundedCompany = z
  .object({
    id,
    name,
    timezone,
    testClock: timeOut.nullable(),
    apiKey: z.object({ id, key: z.string() }),
    admin: z.object({ id }).nullable(),
    createdAt: timeOut,
  })
  .meta({ id: 'FoundedCompany' })

export const ListedCompany = z
  .object({ id, name, timezone, onTestClock: z.boolean(), createdAt: timeOut })
  .meta({ id: 'ListedCompany' })

export const Company = z
  .object({
    id,
    name,
    timezone,
    onTestClock: z.boolean(),
    alertRecipients: z
      .array(id)
      .meta({ description: 'The members who are told when credits run low.' }),
    emailDomains: z.array(z.string()),
    gongIds: z.enum(gongIds),
    limits: limitsOut,
    createdAt: timeOut,
  })
  .meta({ id: 'Company' })

export const CompanyChange = z.strictObject({
  name: name.optional(),
  timezone: timezone.optional(),
  alertRecipients: z
    .array(id)
    .max(1000)
    .nullable()
    .optional()
    .meta({ description: 'Members; null for every tech and business admin.' }),
  emailDomains: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^(?:[a-z0-9-]+\.)+[a-z0-9-]+$/i, { error: 'must be a domain name' }),
    )
    .max(200)
    .optional(),
  gongIds: z
    .enum(gongIds)
    .optional()
    .meta({ description: 'How the /v2 doors show ids: as decimal numbers, or as they are here.' }),
  limits: z
    .strictObject({
      manualPerMemberHour: limit.optional(),
      gongPerSecond: limit.optional(),
      gongPerDay: limit.optional(),
    })
    .optional(),
})

export const Member = z
  .object({
    id,
    name,
    email: z.string(),
    role: z.enum(roles),
    visibility: z.enum(visibilities),
    teamIds: z.array(id),
    primaryTeamId: id.nullable(),
    canSignIn: z.boolean(),
    createdAt: timeOut,
  })
  .meta({ id: 'Member' })

const memberFields = {
  teamIds: z.array(id).max(200).optional(),
  primaryTeamId: id.nullable().optional(),
  visibility: z.enum(visibilities).optional(),
}

export const NewMember = z.strictObject({
  id: id.optional(),
  name,
  email,
  password: password.optional(),
  role: z.enum(roles).default('member'),
  ...memberFields,
})

export const MemberChange = z.strictObject({
  name: name.optional(),
  email: email.optional(),
  password: password.nullable().optional(),
  role: z.enum(roles).optional(),
  ...memberFields,
})

export const Features = z
  .record(text(100), z.boolean())
  .refine((features) => Object.keys(features).length <= 200, { error: 'must name at most 200' })
  .meta({ description: 'Features by name: true is on, false is off; one not named is on.' })

export const Team = z
  .object({ id, name, features: z.record(z.string(), z.boolean()), createdAt: timeOut })
  .meta({ id: 'Team' })

export const NewTeam = z.strictObject({ id: id.optional(), name })
export const TeamChange = z.strictObject({ name: name.optional() })

const someScopes = z
  .array(z.enum(scopes))
  .min(1)
  .max(scopes.length)
  .transform((given) => [...new Set(given)])

export const NewIntegration = z.strictObject({
  name,
  kind: z.enum(integrationKinds).default('api'),
  access: z.enum(accessKinds).default('shared'),
  memberId: id.optional(),
  teamId: id.optional(),
  scopes: someScopes,
  expiresAt: time.optional(),
})

export const IntegrationChange = z.strictObject({
  name: name.optional(),
  teamId: id.nullable().optional(),
  scopes: someScopes.optional(),
  expiresAt: time.nullable().optional(),
})

const integrationFields = {
  id,
  name,
  kind: z.enum(integrationKinds),
  access: z.enum(accessKinds),
  memberId: id.nullable(),
  teamId: id.nullable(),
  scopes: z.array(z.enum(scopes)),
  clientId: z.string().nullable().meta({
    description: 'The OAuth client that the member let in; it has tokens instead of a key.',
  }),
  keyHint: z.string().meta({ description: 'The start of the key, to tell keys apart.' }),
  expiresAt: timeOut.nullable(),
  lastUsedAt: timeOut.nullable(),
  createdAt: timeOut,
}

export const Integration = z.object(integrationFields).meta({ id: 'Integration' })
export const Connections = z.object({ data: z.array(Integration) }).meta({ id: 'Connections' })

const key = z.string().meta({ description: 'Shown this once.' })
export const OpenedIntegration = z
  .object({ ...integrationFields, key })
  .meta({ id: 'OpenedIntegration' })
export const RotatedKey = z.object({ id, key }).meta({ id: 'RotatedKey' })

export const AuditEntry = z
  .object({
    id,
    at: timeOut,
    actor: z.string(),
    action: z.string(),
    objectType: z.string(),
    objectId: z.string(),
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: 'AuditEntry' })

export const AuditQuestion = z.strictObject({
  ...page,
  objectType: text(100).optional(),
  objectId: text(200).optional(),
  actor: text(300).optional(),
  from: time.optional(),
  to: time.optional(),
})

const companyId = id.optional().meta({
  description: 'Which company, for an address and password that several of them know.',
})
export const SignIn = z.strictObject({
  email: z.string().min(1).max(320),
  password: z.string().min(1).max(1000),
  companyId,
})

export const SessionOut = z
  .object({
    member: Member,
    role: z.enum(roles),
    company: z.object({ id, name, timezone, onTestClock: z.boolean() }),
    now: timeOut.meta({ description: "The company's time; it stands still on a test clock." }),
    scopes: z.array(z.enum(scopes)),
  })
  .meta({ id: 'Session' })

export const OwnSessions = z
  .object({
    data: z.array(
      z.object({
        id,
        isCurrent: z.boolean(),
        address: z.string().nullable(),
        userAgent: z.string().nullable(),
        createdAt: timeOut,
        lastUsedAt: timeOut,
        expiresAt: timeOut,
      }),
    ),
  })
  .meta({ id: 'OwnSessions' })
export const EndedSessions = z.object({ ended: z.number().int() })

export const PasswordChange = z.strictObject({ current: z.string().min(1).max(1000), password })

const token = z.string().regex(/^[0-9a-z]{52}$/, { error: 'is no invitation' })
export const Invitation = z
  .object({
    token: z.string().meta({ description: 'Shown this once; the link is /invitation#token.' }),
    expiresAt: timeOut,
    mailed: z.boolean().meta({ description: 'Whether the link goes to the member by mail.' }),
  })
  .meta({ id: 'Invitation' })
export const InvitationLook = z.strictObject({ token })
export const InvitationAccept = z.strictObject({ token, password })
export const Invited = z
  .object({ company: z.string(), name: z.string(), email: z.string() })
  .meta({ id: 'Invited' })

export const SetUp = z
  .object({ needed: z.boolean().meta({ description: 'No company has been founded yet.' }) })
  .meta({ id: 'SetUp' })

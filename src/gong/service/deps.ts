import type { BriefDeps } from '../../briefs/service/deps.ts'
import type { Conversations } from '../../conversations/deps.ts'

export type GongDeps = BriefDeps & Conversations

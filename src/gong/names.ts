import type { CompanySettings } from '../companies/company.ts'

/** By what names an answer calls things. */
export interface Names {
  /** As decimal numbers, or by the company's own ids. */
  style: CompanySettings['gongIds']
  /** The ids that the request named; what it named by its own id is answered under that. */
  asked: ReadonlySet<string>
}

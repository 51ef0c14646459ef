import type { Affiliation } from './items.ts'

/** What tells a company's own people from everybody else. */
export interface Own {
  /** Its mail domains: those it listed, and those of its members' addresses that are not public ones. */
  domains: ReadonlySet<string>
  /** Its members' addresses. */
  addresses: ReadonlySet<string>
}

/** The company's own people, from its members' addresses and the domains it lists as its own. */
export function ownOf(memberEmails: readonly string[], ownDomains: readonly string[]): Own {
  const addresses = new Set(memberEmails.map((email) => email.toLowerCase()))
  const listed = ownDomains.map((domain) => domain.toLowerCase())
  const derived = [...addresses].map(domainOf).filter((domain) => !isPublicDomain(domain))
  return { domains: new Set([...listed, ...derived]), addresses }
}

/** On which side an address is. */
export function sideOf(address: string | null, own: Own): Affiliation {
  if (!address) return 'customer'
  return own.addresses.has(address) || own.domains.has(domainOf(address)) ? 'company' : 'customer'
}

/** The part of an address after its @; the whole text when it has none. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** Whether anybody can get an address there, so that it says nothing about who somebody works for. */
export function isPublicDomain(domain: string): boolean {
  return publicDomains.has(domain)
}

// Public mail services by their own lists of domains. Regional twins are spelled out: a pattern like
// yahoo.* would also catch companies' domains.
const publicDomains = new Set(
  `gmail.com googlemail.com
  outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.jp outlook.co.uk hotmail.com hotmail.co.uk
  hotmail.fr hotmail.de hotmail.it hotmail.es live.com live.co.uk live.fr live.nl live.de live.ca msn.com passport.com
  yahoo.com yahoo.co.uk yahoo.co.in yahoo.in yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ca yahoo.com.br yahoo.com.ar
  yahoo.com.mx yahoo.co.jp yahoo.com.au yahoo.com.sg ymail.com rocketmail.com aol.com aim.com netscape.net
  icloud.com me.com mac.com proton.me protonmail.com protonmail.ch pm.me tutanota.com tutamail.com tuta.io tuta.com
  gmx.com gmx.de gmx.net gmx.at gmx.ch gmx.us web.de t-online.de freenet.de arcor.de posteo.de mailbox.org
  mail.com email.com usa.com myself.com consultant.com fastmail.com fastmail.fm hey.com zoho.com zohomail.com
  hushmail.com runbox.com mail.ru inbox.ru list.ru bk.ru yandex.ru yandex.com ya.ru rambler.ru ukr.net
  qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com aliyun.com naver.com daum.net hanmail.net
  rediffmail.com orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr libero.it virgilio.it tiscali.it alice.it
  tin.it telenet.be skynet.be ziggo.nl kpnmail.nl planet.nl home.nl xs4all.nl hetnet.nl bluewin.ch telia.com
  online.no seznam.cz centrum.cz wp.pl o2.pl onet.pl interia.pl gazeta.pl abv.bg uol.com.br bol.com.br terra.com.br
  comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net optonline.net
  juno.com netzero.net btinternet.com sky.com talktalk.net virginmedia.com ntlworld.com blueyonder.co.uk
  rogers.com shaw.ca sympatico.ca telus.net bigpond.com bigpond.net.au optusnet.com.au iinet.net.au xtra.co.nz
  docomo.ne.jp ezweb.ne.jp softbank.ne.jp mailinator.com guerrillamail.com 10minutemail.com yopmail.com`
    .split(/\s+/)
    .filter(Boolean),
)

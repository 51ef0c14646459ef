import { type Concept, concept } from './lexicon.ts'

/** What people ask about business mail and meetings in general. */
export const generalConcepts: Concept[] = [
  concept(
    'business strategy',
    'company business|business or strategy|business strategy|corporate strategy|strateg(?:y|ic)',
    `strateg*|business (?:plan|model|unit|development|opportunit*)|market*|deal|deals|transaction*|contract*|compan(?:y|ies)|
     customer*|client*|trading|revenue*|earnings|acqui*|merger*|invest*|negotiat*|proposal*|competit*|regulat*|project*|position`,
    'issue*|meeting|energy|industry|power|gas|policy|price*|team|group|board',
    { needed: 1.5 },
  ),
  concept(
    'personal',
    'purely personal|personal|private life|family|friends?',
    `(?:my|your) (?:mom|mother|dad|father|wife|husband|kid|kids|son|daughter|brother|sister|family|birthday|girlfriend|boyfriend|parents|dog|cat)|
     happy birthday|congratulations|miss you|love you|love,|see you (?:soon|tonight|there)|weekend|vacation|beach|golf|football|game tickets|
     dinner|drinks|beer|party|wedding|baby|church|movie|concert|honey|dude|buddy|hugs|xoxo|haha|lol|funny|joke*|college|old friend`,
    'home|fun|friend*|hey|hi|night|trip|weather|love|dear|lunch|house|summer',
    {
      needed: 0.9,
      against: 'attached|agreement|contract*|regulat*|conference call|project|energy|meeting',
    },
  ),
  concept(
    'logistics',
    'logistic*|scheduling|technical support|arrange a meeting|travel arrangements?',
    `schedul*|(?:conference|conf) call|dial[- ]?in|pass ?code|call[- ]?in number|agenda|calendar|reserv*|flight*|hotel|itinerary|
     room \\w*\\d+|conference room|rsvp|(?:am|are|is) (?:available|unavailable|free)|availab*|meet (?:on|at|with|in)|
     (?:set up|arrange|reschedule|confirm) (?:a|the|our|an|your)|password*|log ?in|computer|laptop|attend*|
     (?:monday|tuesday|wednesday|thursday|friday) (?:at|morning|afternoon)|\\d{1,2}(?::\\d\\d)? ?(?:a\\.?m|p\\.?m)\\.? (?:to|-|cst|pst|est|central|pacific|eastern)`,
    'meeting|time|tomorrow|call|fax|room|lunch|today|week|visit|trip|please let me know',
    { needed: 2, neededPerHundred: 1 },
  ),
  concept(
    'employment',
    'employment|job seeking|hiring|job|recruit*|career*|candidate*|recommendations?',
    `resume*|résumé|curriculum vitae|cv|interview*|candidate*|recruit*|hir(?:e|ed|ing)|job|jobs|applicant*|career*|
     letter of recommendation|employ(?:ment|er)|internship*|intern|interns|position (?:at|in|with|as|of)|offer letter|salary|
     opening|openings|qualif*|references|headhunt*|mba|associate program`,
    'position|experience|opportunit*|skills|background|apply|application|work for|promotion|resign*',
  ),
  concept(
    'document collaboration',
    'edit(?:ing)?|checking a document|document together|draft*|review a document|proofread*|revis*',
    `draft*|redline*|mark[- ]?up|edit|edits|edited|editing|revis*|(?:your|any|my|the) (?:comments|changes|edits|suggestions|thoughts|feedback|input)|
     comments (?:on|by|to|or|and|from)|review (?:and|the|this|it)|proofread*|attached (?:is|are|please|for)|version*|rewrite|wording|
     (?:latest|final|clean|new) (?:version|draft)|incorporat*|insert*|paragraph*`,
    'attached|document*|letter|memo|presentation|slides|text|language|page|please review|attachment',
    { needed: 1.3 },
  ),
  concept(
    'news',
    'news article|news|newspaper|press article|press coverage|forward a news',
    `news|reuters|associated press|bloomberg|dow jones|wall street journal|los angeles times|new york times|san francisco chronicle|
     newspaper*|copyright|all rights reserved|staff writer*|(?:he|she|they|officials?|spokes\\w+) said|said (?:on )?(?:monday|tuesday|wednesday|thursday|friday)|
     spokes(?:man|woman|person)|press release|article*|headline*|editor|editorial|reporter*|journal|times staff|by \\w+ \\w+ staff|
     \\((?:ap|reuters|ajc|dow jones)\\)|byline`,
    'said|according to|told|officials|reported|story|yesterday|published|times',
  ),
  concept(
    'regulation',
    'regulat*|regulators?|regulatory',
    `regulat*|ferc|sec|cftc|fcc|epa|cpuc|puc|commission|commissioner*|tariff*|rulemaking|deregulat*|legislat*|docket*|filing*|
     complian*|statut*|rate ?case|re-?regulat*|hearing*|order no|price caps?|jurisdiction*|rto|iso`,
    'rule|rules|order|federal|state|filed|market power|utilities|utility|law|act|government|policy',
    { needed: 1.3 },
  ),
  concept(
    'legal advice',
    'legal advice|legal opinion|legal question|legal matters?',
    `legal|attorney*|lawyer*|counsel|privileged|litigation|lawsuit*|sue|sued|suit|court*|plaintiff*|defendant*|liabilit*|
     subpoena*|deposition*|settlement*|confidential attorney|contract law|statute*|judge|law firm|llp|esq|brief|briefs|appeal*|injunction`,
    'law|laws|claim*|rights|contract*|agreement*|clause*|risk*|comply|opinion|argument*|motion',
  ),
  concept(
    'internal projects',
    'internal projects?|projects?, (?:their )?progress|project (?:progress|status|strategy)|the company.s internal projects',
    `project*|progress|status|update*|milestone*|initiative*|deliverable*|implement*|launch*|rollout|timeline*|phase|on track|
     business plan|our (?:team|group|strategy|plan|efforts?|proposal|deal)|next steps|action items?|develop(?:ing|ment)|deal|
     we (?:are|have been|need to|should|will|plan)`,
    'team|group|plan*|work*|meeting*|proposal*|strategy|issue*|draft*|goal*|draft|system',
    { needed: 1 },
  ),
  concept(
    'political influence',
    'politic\\w* influence|contributions? or contacts?|lobby*|campaign contribution*|political',
    `politic*|lobby*|campaign*|contribution*|congress*|senat(?:e|or|ors)|governor|president bush|white house|administration|
     republican*|democrat*|legislat*|election*|candidate*|pac|fund ?rais*|washington|secretary|assemblyman|(?:vice )?president cheney|
     government affairs|bush|gore|davis|bill|hill|capitol`,
    'government|vote*|contact*|support|influence|federal|public policy|invite*|contributed|staff',
  ),
  concept(
    'energy crisis',
    'energy crisis|power crisis|california politics|california energy|electricity crisis',
    `california|(?:gov\\.?|governor|gray) davis|cpuc|cal-?iso|iso|blackout*|pg&e|edison|socal|sdg&e|san diego|power crisis|
     energy crisis|sacramento|direct access|px|rolling|dwr|puc|los angeles|san francisco|price caps?`,
    'crisis|electricity|power|utilities|energy|megawatt*|wholesale|governor|western|ratepayers|deregulation',
  ),
  concept(
    'company policy',
    'internal company policy|company policy|internal polic(?:y|ies)|(?:hr|travel|expense|workplace) polic(?:y|ies)',
    `(?:company|corporate|our|internal|hr|travel|expense|security|vacation|business|trading|email|privacy|ethics|new) polic(?:y|ies)|polic(?:y|ies)|
     guideline*|code of (?:conduct|ethics)|procedure*|employees?|human resources|compliance|benefit*|expense report*|
     mandatory|permitted|prohibit*|violat*|harass*|conflict of interest|confidentiality`,
    'rule|rules|approv*|require*|authoriz*|must|personal|review|responsib*|performance|bonus*|vacation',
  ),
  concept(
    'company operations',
    'internal company operations|company operations|internal operations|day[- ]to[- ]day operations',
    `operation*|organization*|reorganiz*|restructur*|our (?:group|department|team|office|staff|employees|systems?|organization)|
     employee*|staff*|budget*|head ?count|report(?:s|ing)? to|department*|process|processes|human resources|hr|office|
     performance review|management|accounting|payroll|performance|responsib*|administrative|cost*|facilit*|effective (?:immediately|today)|floor`,
    'group|team|business|meeting|manager|vice president|system*|transition|assistant|move*|role|project*|plan*',
  ),
  concept(
    'partnership',
    'alliance*|partner(?:s|ship|ships)?|joint venture*|coalition*',
    `alliance*|partner*|joint(?:ly)?|joint venture*|coalition*|consorti*|collaborat*|work(?:ing)? (?:together|with)|team(?:ing)? up|
     association*|sponsor*|relationship*|member|members|membership|support (?:from|of)|other compan(?:y|ies)|allies|ally|group of`,
    'together|with us|join*|both|parties|mutual|agree*|groups|stakeholder*|interested in|companies|colleagues',
  ),
]

import { type Concept, concept } from './lexicon.ts'

/** What revenue teams ask about calls and emails. */
export const salesConcepts: Concept[] = [
  concept(
    'budget',
    'budget*|funding|funds|afford*|money set aside|spending limit',
    `budget*|funding|funds|afford*|set aside|money for (?:this|it)|spending (?:cap|limit|freeze)|
     capital expenditure|capex|opex|out of pocket|sign off on (?:the )?spend|financ(?:e|ing) approv*`,
    'fiscal year|approved|dollars|spend|finance|allocat*|cfo',
  ),
  concept(
    'pricing',
    'pric*|cost*|discount*|quot*|expens*|how much|rates?',
    `pric(?:e|es|ed|ing|ey)|cost*|discount*|quot(?:e|es|ed|ation)|expensive|cheap*|per seat|per user|
     per month|per year|how much (?:is|does|do|would|will)|list price|rate card|invoice*|\\$ ?\\d[\\d,.]*k?`,
    'pay*|dollars|rate|rates|fee|fees|money|deal',
  ),
  concept(
    'competitor',
    'competit*|alternative*|other vendors?|another vendor|rival*|other (?:products?|tools?|providers?)',
    `competit*|rival*|(?:other|another|different) (?:vendor|provider|supplier|tool|product|option|solution)s?|
     alternative*|compar(?:e|ed|ing|ison) (?:you|it|this|to|with)*|evaluat(?:e|ing) (?:other|several|two|three)*|
     also (?:looking|talking|speaking) (?:at|to|with)|versus|vs|switch(?:ing)? (?:from|to)|shortlist*|bake ?off`,
    'market|instead of|incumbent|vendor*|comparison',
  ),
  concept(
    'objection',
    'objection*|push(?:es|ed)? ?back|hesita*|concern*|worr(?:y|ies|ied)|doubt*|reservations about|reluctan*',
    `(?:too|very|quite|pretty) (?:expensive|pricey|costly|complicated|risky|slow|long)|not (?:sure|convinced|comfortable|happy|ready)|
     concern(?:s|ed|ing)?|worr(?:y|ied|ies|ying)|hesita*|reluctan*|doubt*|skeptic*|sceptic*|push ?back|
     the (?:problem|issue|trouble) is|deal ?breaker|can(?:'t|not) justify|over(?:priced| budget)|hard sell|
     don't (?:see|think) (?:the|it|we)|not a (?:priority|fit)|my fear`,
    'but|however|problem|issue*|risk*|difficult',
  ),
  concept(
    'next step',
    'next steps?|follow[- ]?ups?|action items?|agreed to do',
    `next steps?|follow(?:ing)?[- ]?ups?|action items?|i'll (?:send|get|set|schedule|email|call|follow|share|check|talk|put)|
     (?:i|we) will (?:send|get|set|schedule|email|call|follow|share|check)|we'll (?:send|get|set|schedule|email|call|follow|share|check)|
     (?:schedule|set up|book|arrange) (?:a|an|another|the|some) [\\w -]{0,20}(?:call|meeting|demo|session|time)|
     get back to (?:you|me|us)|circle back|reconnect|touch base|by (?:monday|tuesday|wednesday|thursday|friday|next week|end of)`,
    'send*|tomorrow|next week|calendar|invite*|schedule*',
  ),
  concept(
    'decision maker',
    `decision[- ]?mak*|who (?:decides|signs|approves)|stakeholder*|sign[- ]?off|authority|approv(?:al|e|er)s?|
     economic buyer|executive sponsor|buying (?:committee|process)|decision process`,
    `decision*|decid(?:e|es|ed|ing)|sign[- ]?off|signs? off|approv(?:e|es|ed|al|er|ing)*|my (?:boss|manager|director|vp)|
     (?:the|our|my) (?:ceo|cfo|cto|cio|coo|board|vp|head of [\\w]+|director|committee)|stakeholder*|
     executive sponsor|run (?:it|this) (?:by|past)|buy[- ]in|final say|steering committee`,
    'manager|executive*|leadership|boss|director|board|procurement',
  ),
  concept(
    'timeline',
    'timeline*|time ?frame*|deadline*|when (?:do|does|will|would) (?:they|the customer|we)|go[- ]live|start date|schedule for',
    `timeline*|time ?frame*|deadline*|go(?:ing)?[- ]live|by (?:the )?(?:end|beginning|start|middle) of|
     (?:this|next|last) (?:quarter|month|year)|q[1-4]|(?:in|within) (?:\\w+ )?(?:days|weeks|months)|launch date|
     start date|before (?:the )?(?:january|february|march|april|may|june|july|august|september|october|november|december|holidays|summer|christmas)|
     roll ?out (?:date|plan|by|in)|target date|milestone*`,
    `january|february|march|april|june|july|august|september|october|november|december|weeks|months|urgent|asap|soon`,
  ),
  concept(
    'security',
    'security|secure|complian*|soc ?2|gdpr|privacy|data protection|encrypt*|infosec|certif*',
    `security|infosec|soc ?2|soc two|gdpr|hipaa|iso ?27001|penetration test*|pen ?test*|encrypt*|data (?:protection|privacy|residency|processing)|
     privacy|complian*|single sign[- ]on|sso|vulnerabilit*|breach*|audit*|access control*`,
    'secure*|risk*|certif*|policy|questionnaire',
  ),
  concept(
    'legal',
    'legal|contract*|terms|redline*|lawyer*|counsel|msa|nda|agreement*|procurement|paperwork',
    `legal|contract*|redline*|lawyer*|attorney*|counsel|msa|nda|master (?:service|services) agreement|agreement*|
     terms and conditions|liabilit*|indemni*|clause*|procurement|purchase order|paperwork|signature|countersign*`,
    'terms|sign*|review*|vendor',
  ),
  concept(
    'churn risk',
    `churn*|cancel*|leav(?:e|ing)|at risk|not renew*|unhappy|dissatisf*|switch(?:ing)? away|terminate*|downgrad*`,
    `cancel*|churn*|not (?:going to |planning to )?renew*|won't renew|terminat*|downgrad*|switch(?:ing)? (?:to|away|providers|vendors)|
     mov(?:e|ing) (?:away|off|to (?:another|a different))|unhappy|dissatisf*|disappoint*|frustrat*|
     (?:end|leave|leaving|exit) (?:the )?(?:contract|service|you)|looking (?:at|for) (?:other|another|alternatives)*|fed up|refund*`,
    'problem*|issue*|complain*|slow|broken|leave|unused',
    { deniable: true },
  ),
  concept(
    'feature request',
    'feature*|functionalit*|capabilit*|enhancement*|roadmap|product (?:request|feedback|gap)s?|missing',
    `feature*|functionalit*|roadmap|enhancement*|(?:would|it'd|it would) be (?:great|nice|helpful|good|useful) (?:if|to)|
     (?:wish|hope) (?:it|you|there|we)|missing|can it|does it (?:support|do|have|work|integrate)|
     would (?:love|like) (?:to see|it|a way|an option)|(?:is there|do you have) (?:a|any) way|ability to|capabilit*`,
    'support*|add*|option*|need*|export*|report*',
  ),
  concept(
    'integration',
    'integrat*|connect(?:s|ed|ing|or|ors)?|api|sync*|import*|migrat*',
    'integrat*|api|apis|webhook*|connector*|sync*|plug ?in*|migrat*|import*|single sign[- ]on|salesforce|hubspot|zapier|slack',
    'connect*|data|system*|export*',
  ),
  concept(
    'renewal',
    'renew*|extend*|extension',
    'renew*|extension|extend(?:ed|ing)? (?:the )?(?:contract|term|agreement|subscription)*|another year|auto[- ]?renew*|upcoming term',
    'contract*|term|expire*|subscription*',
  ),
  concept(
    'expansion',
    'expan(?:d|sion)*|upsell*|upgrad*|more (?:seats|licenses|licences|users)|additional (?:seats|licenses|users)|cross[- ]?sell*',
    `expan(?:d|ds|ding|sion)|upgrad*|(?:more|additional|extra|other) (?:seats|licenses|licences|users|teams|departments)|
     add(?:ing)? (?:seats|licenses|users|people)|roll(?:ing)? (?:it )?out to|premium|enterprise plan`,
    'grow*|team*|hire*|hiring|plan',
  ),
  concept(
    'pain point',
    'pains?|pain points?|problem*|challenge*|struggl*|issue*|bug*|difficult*|complain*|frustrat*',
    `pain|pains|pain points?|problem*|challeng*|struggl*|frustrat*|annoy*|broken|bug|bugs|crash*|error*|complain*|
     (?:doesn't|didn't|does not|did not|not) work*|takes? (?:too long|forever|hours)|manual(?:ly)?|bottleneck*|waste*|
     issue*|trouble|fail*|difficult*|outage*|slow`,
    'hard|late|wrong|lost|miss*',
  ),
  concept(
    'demo',
    'demo|demos|demonstrat*|trial|pilot|proof of concept|poc',
    'demo|demos|demonstrat*|trial*|pilot*|proof of concept|poc|walk (?:you|us|me) through|sandbox|test drive|see it in action',
    'show*|screen|try*|test*',
  ),
  concept(
    'value',
    'roi|return on investment|value|benefit*|save (?:time|money)|savings|business case',
    `roi|return on investment|business case|payback|sav(?:e|es|ed|ing|ings)(?: us| you)?(?: (?:time|money|hours))?|benefit*|
     (?:cut|reduce|reduced|increase|increased|improve|improved) (?:\\w+ ){0,3}by|efficien*|productiv*`,
    'value|time|faster|worth|better',
  ),
  concept(
    'onboarding',
    'onboard*|implement*|train*|set ?up|roll ?out|deploy*|adopt*',
    'onboard*|implement*|training|kick ?off|roll(?:ed|ing)? ?out|deploy*|adopt*|set ?up (?:the|our|your) (?:account|system|environment|team)|go[- ]live',
    'train*|start*|launch*|set up',
  ),
  concept(
    'satisfaction',
    'satisf*|happy with|pleased|likes? (?:the|our)|positive|praise*|compliment*|love*|excited|enthusias*',
    `(?:really |very |so )?(?:happy|pleased|impressed|excited|delighted|thrilled|satisfied) (?:with|about|by|to)|love (?:it|the|that|this|how|your)|
     (?:works|working|worked) (?:great|well|really well)|fantastic|awesome|excellent|amazing|great (?:job|work|product|tool|feature|experience)|perfect`,
    'great|good|nice|like|wonderful|thank*',
    { deniable: true },
  ),
  concept(
    'interest',
    'interest(?:ed)?|intent to (?:buy|purchase)|want to (?:buy|purchase|proceed|move forward)|ready to (?:buy|sign)|buying (?:signal|intent)s?',
    `interested in|(?:want|like|love|ready|happy|keen) to (?:buy|purchase|proceed|move (?:forward|ahead)|sign|go ahead|start|try)|
     move (?:forward|ahead)|let's (?:do it|go ahead|proceed|sign|get started)|sounds (?:great|good)|how do we (?:start|sign|buy|proceed)|send (?:me|us|over) (?:the )?(?:contract|proposal|order form|agreement)`,
    'interest*|keen|buy|purchase|proposal',
    { deniable: true },
  ),
  concept(
    'referral',
    'referr?al*|refer|reference customers?|case stud*|testimonial*|recommend us',
    'referr?al*|refer(?:red|ring)? (?:you|us|me|a|to)|reference (?:customer|call)s?|case stud*|testimonial*|recommend(?:ed)? (?:you|us|it|this)|heard about you',
  ),
  concept(
    'billing',
    'billing|bill(?:s|ed)?|invoic*|payment*|refund*|charge[ds]?|overcharg*',
    'billing|bill|bills|billed|invoic*|payment*|refund*|overcharg*|charged|credit card|direct debit|past due|overdue|remit*',
    'pay|paid|owe*|amount',
  ),
]

import { phrases } from './lexicon.ts'

/** What somebody may want done to a thing, or get done. */
export type Deed = {
  name: string
  asked: RegExp
  /** How the one who wants it puts it. */
  customer: RegExp
  /** How the one who does it puts it. */
  company: RegExp
}

/** A kind of thing that people book, look for, change or report. */
export type Thing = { name: string; asked: RegExp; said: RegExp }

function deed(name: string, asked: string, customer: string, company: string): Deed {
  return { name, asked: phrases(asked), customer: phrases(customer), company: phrases(company) }
}

function thing(name: string, asked: string, said: string): Thing {
  return { name, asked: phrases(asked), said: phrases(said) }
}

export const deeds: Deed[] = [
  deed(
    'search',
    'search(?: for)?|find|look(?:ing)? for|recommend*|not book',
    `find|look(?:ing)? (?:for|up|into)|search*|recommend*|suggest*|are there (?:any)?|which|what (?:kind|are|is|restaurants|hotels|flights)|any (?:good|cheap|nice)|know of|show me|options?|information (?:on|about)|tell me (?:about|more)|somewhere|does it|do they|is it|have (?:a|any|free)`,
    `filter*|search criteria|criteria|match*|found|average rating|can (?:find|search)|i have (?:a|\\d)|looking for|price range|there (?:is|are)|has (?:a|an)|is located|preference*`,
  ),
  deed(
    'change',
    'chang(?:e|es|ed|ing)|modif(?:y|ies|ied)|reschedul*|switch*|mov(?:e|ed)|updat(?:e|ed)|amend*|already booked',
    `chang*|modif*|updat*|reschedul*|switch|move (?:it|my)|amend*|push (?:it )?back|(?:have|made|had) a (?:booking|reservation|ride)|my (?:booking|reservation|ride) (?:to|from|is)|i booked|already booked|instead of|booking (?:number|id|reference)|different (?:destination|pick ?up|drop)`,
    `chang*|modif*|updat*|reschedul*|amend*|booking (?:id|number|reference)|your (?:ride|booking|reservation) (?:has been|is now|was) (?:chang|updat|modif)\\w+|what (?:would|do) you (?:like|want) to change`,
  ),
  deed(
    'status',
    'status|where (?:is|are)|on its way|track*|arriv(?:e|al)|check on',
    `status|where(?:'s| is| are)? (?:my|the|is|he|she)|how (?:long|far|much longer)|on (?:its|his|the|her) way|eta|still (?:waiting|coming|not here)|been waiting|track*|late|when will (?:my|the|it|he)|not (?:here|arrived) yet|arriv(?:e|ing|ed)|supposed to|check on|(?:isn't|hasn't|not) (?:here|shown|arrived|come)`,
    `status|(?:is|are) (?:currently )?(?:\\d+|on (?:its|his|their|the) way|minutes|about|near|around)|minutes away|will arrive|arriv(?:e|ing|ed) (?:in|at)|has (?:arrived|departed)|on (?:its|his|the|their) way|booking (?:id|number)|license plate|driver is`,
  ),
  deed(
    'cancel',
    'cancel*|terminate|stop|end',
    "cancel*|terminat*|call off|stop|(?:do not|don't|no longer) (?:want|need)",
    'cancel*|terminat*|has been (?:stopped|ended)',
  ),
  deed(
    'report',
    'report*|complain*|suspicious|flag|fraud',
    `report*|fraud*|suspicious|unauthori[sz]ed|(?:didn't|did not|never) (?:make|authori[sz]e|buy|do)|stolen|stole|steal*|hack*|scam*|weird|strange|someone|missing|charges?|transaction*|withdraw*|identity|complain*|lost my (?:card|wallet)|money (?:is )?(?:gone|missing)`,
    `report*|fraud*|suspicious|investigat*|what happened|more (?:details|information) about|block*|freez*|has been (?:reported|submitted)`,
  ),
  deed(
    'check',
    'check (?:their|the|his|her)?|balance|know how much|look up',
    `check|balance|how much (?:money|do i|is)|see (?:my|how)|know (?:my|how much|if)|look up|do i have|enough money|tell me|left in|funds|broke`,
    `balance|your current|you have [\\d$£€]|in your account|amount|account is`,
  ),
  deed(
    'follow up',
    "follow up on|follow-up|doctor's instructions|after an appointment",
    `instruction*|follow(?:ing)?[- ]?up|forgot|remember|prescri*|medicine|medication*|pill*|dos(?:e|age)|take (?:it|them|my|the)|how (?:often|many|much) (?:should|do|times)|after (?:my|the|an) (?:appointment|surgery|visit)|told me|last (?:appointment|visit)|side effects?`,
    `instructions|take your|medicine|medication|dos(?:e|age)|nausea|prescri*|times (?:a|per) day|contact your doctor|before (?:eating|meals|bed)|with (?:food|water)`,
  ),
  deed(
    'attend',
    'rsvp*|attend*|accept an invitation|confirm (?:their )?attendance',
    `rsvp*|attend*|invit*|(?:coming|going|come|go) to (?:the|a|his|her|\\w+'s) party|bring(?:ing)? (?:a|\\d|my|some|two|three|guests?)|guests? with me|see if i can bring|host is|be there|let (?:\\w+ )?know i`,
    `rsvp*|host of|name of the host|dietary|parking|how many guests will you|planning to arrive|bring(?:ing)? with you|arrive at the party`,
  ),
  deed(
    'plan',
    'plan*|organi[sz]e|throw|host|reserve a venue|arrange',
    `plan(?:ning)?|organi[sz]*|throw(?:ing)?|host(?:ing)?|venue*|celebrat*|rent (?:a|the|out)|have a party|book (?:a|the) (?:venue|place|party)|birthday party|(?:party|venue) for (?:\\d|my|about|a)|caterin*`,
    `venue*|number of guests|how many (?:guests|people) (?:are|do|should|would|will (?:be|attend|there))|catering|food and drinks|drinks|party (?:has been|is) (?:now )?(?:booked|reserved|scheduled)|date (?:of|for) the party`,
  ),
  deed(
    'request',
    'request*|order|ask for|service for|room service|submit*|get help with',
    `request*|room service|order|bring (?:me|up|us)|send (?:up|someone|me)|towel*|clean*|fix*|repair*|broken|not work*|doesn't work|can't get|wake[- ]?up|pillow*|blanket*|toilet paper|champagne|steak|wine|breakfast|staying (?:in|at)|(?:i'm|am) in room|this is room|room \\d+|service|maintenance|ac|a/c|shampoo|leak*`,
    `request (?:has|was|could|now|is)|service (?:team|staff|request)|your request|knock|(?:what|which) (?:hotel|room)|currently staying|room number|provide the service`,
  ),
  deed(
    'schedule',
    'schedul*|appointment|viewing|set up|arrange',
    `schedul*|appointment*|set up|arrange|see (?:a|the|dr|doctor|my)|viewing|view (?:the|an|it)|tour|visit|come (?:in|by)|check ?up|meet (?:with)?|calendar|time slot*|look at (?:the|an) apartment|slot`,
    `schedul*|appointment*|viewing|what (?:day|time)|which (?:day|doctor)|symptom*|application fee|reason for|custom message|available (?:at|on|time)|time (?:available|slot)|how long`,
  ),
  deed(
    'book',
    'book*|reserv*|rent|buy|purchas*|hire|order',
    `book*|reserv*|get (?:me )?(?:a|an|to)|need (?:a|an|to (?:fly|go|get|be))|want (?:a|an|to (?:fly|go|get|stay))|buy*|purchas*|rent*|hire|order|pick(?:ed)? (?:me )?up|take me|i'm (?:going|flying|traveling|staying)|table for|room for|check[- ]in|fly to`,
    `book*|reserv*|full name|departing|pick you up|how many (?:people|guests|nights)|(?:arrival|departure) (?:date|city|location)|where (?:are|do|would) you|class|what time|shall i|should i|confirm*|credits`,
  ),
  deed(
    'get',
    'get|receive|learn|obtain|hear',
    `how (?:do|can|to|will|is)|what(?:'s| is| will|'ll)|tell me|need|know|help|can you|looking|want|get|give me|going to`,
    `it will be|you will|go (?:to|east|west|north|south)|turn|take (?:the|a)|degrees|for (?:what|which)|proceed|more detailed`,
  ),
]

export const things: Thing[] = [
  thing(
    'ride',
    'rides?|taxi|cab|uber|lyft',
    `ride|rides|taxi*|cab|cabs|uber|lyft|driver*|pick (?:you|me) up|picked up|drop ?off|pickup`,
  ),
  thing(
    'flight',
    'flights?|plane|airline',
    `flight*|fly|flying|plane|airport*|airline*|economy|business class|departing|depart`,
  ),
  thing(
    'hotel',
    'hotels?|hotel room(?! they)',
    `hotel*|inn|check[- ]?(?:in|out)|nights?|room|rooms|motel|hostel`,
  ),
  thing(
    'service',
    'service for a hotel room|room service|hotel room they are staying in|service request',
    `request|room service|towel*|service|room \\d+|staying|repair*|knock|clean*|maintenance`,
  ),
  thing(
    'restaurant',
    'restaurants?|table|place to eat',
    `restaurant*|table|dinner|lunch|cuisine|food|eat|eating|diner|meal|burger*|pizza|sushi|brunch|waiter|outdoor seating|dining`,
  ),
  thing(
    'balance',
    'balance',
    `balance|how much money|in my account|your account|money (?:do|i|left)|afford|broke|funds`,
  ),
  thing(
    'fraud',
    'fraud|suspicious activity',
    `fraud*|suspicious|unauthori[sz]ed|stolen|stole|steal*|hack*|charge|charges|scam*|someone|transaction*|weird|identity|report|missing|withdraw*`,
  ),
  thing(
    'appointment',
    "doctor's appointment|medical appointment|appointment(?! with)",
    `doctor*|dr|appointment*|physician|check ?up|symptom*|sick|clinic|pain|hurt*`,
  ),
  thing(
    'instructions',
    'instructions',
    `instruction*|medicine|medication*|prescri*|pill*|dos(?:e|age)|doctor*|dr|surgery|nausea`,
  ),
  thing(
    'apartment',
    'apartments?|flats?|place to live',
    `apartment*|flat|bedroom*|landlord|roommate*|square meters|balcony|elevator|lease|rent`,
  ),
  thing(
    'viewing',
    'viewing',
    `viewing|view|tour|visit|application fee|schedule|see (?:it|the)|look at`,
  ),
  thing(
    'weather',
    'weather|forecast',
    `weather|forecast|rain*|sunny|cloud*|temperature*|degrees|celsius|snow*|hot|cold|umbrella|storm*`,
  ),
  thing(
    'directions',
    'directions?|route',
    `direction*|route|lost|how (?:do|can) i get|bus|turn (?:left|right)|destination|walk*|drive|block|blocks|transit|proceed|way to|street`,
  ),
  thing('party', 'party|event', `party|parties|venue*|guest*|rsvp|celebrat*|birthday|host`),
  thing(
    'meeting',
    'meeting|call with',
    `meeting*|meet|calendar|schedul*|conference|discuss|free at|slot|invite*`,
  ),
]

/** What the one who acts says when it is done, when it is not, and how the other takes it. */
export const done = phrases(
  `(?:has|have|is|are|was|were|'s|been|now) (?:been |now |all |already )*(?:successfully )?(?:booked|reserved|scheduled|confirmed|submitted|changed|updated|done|placed|made|set|sent|complete\\w*|arranged|processed|accepted|authenticated)|
   successfully|all (?:set|done)|you're (?:all )?(?:set|booked)|i(?:'ve| have) (?:now )?(?:booked|reserved|scheduled|changed|submitted|made|updated|sent|confirmed)|booked|reserved|enjoy|see you`,
)
export const offered = phrases(
  `found|is available|are available|match(?:es|ing)?|there is (?:a|an|one)|has (?:a|an)|i have (?:a|an|one)|would you like (?:me )?to (?:book|reserve)|should i (?:book|reserve)|shall i|how about|located|average rating|turn (?:left|right)|will be on|your (?:bank )?(?:account )?balance`,
)
export const undone = phrases(
  `could(?:n't| ?not)|can(?:'t|not| not)|unable|unavailable|not (?:available|possible|able|been|successful)|unfortunately|failed|no longer|sorry|there (?:is|are) no|did(?:n't| not) (?:go|work|match)|denied|any ?more`,
)
export const welcomed = phrases(
  `thanks|thank you|thx|ty|great|perfect|awesome|sounds good|wonderful|excellent|yes|yeah|yep|sure|ok|okay|good|cool|nice|works|please do|appreciate*|love|amazing`,
)
export const spurned = phrases(
  `no thanks|forget it|never ?mind|nvm|useless|not helpful|somewhere else|elsewhere|google|give up|hate|terrible|bad|worst|ugh|myself|no!|can't believe|i guess|disappointed|sucks|too (?:far|expensive|late|long)`,
)

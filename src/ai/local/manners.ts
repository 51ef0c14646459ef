import { type Concept, concept } from './lexicon.ts'

/** How people sound, and what they do with words: tone, requests, promises, refusals. */
export const manners: Concept[] = [
  concept(
    'not understood',
    `did not understand|didn't understand|outside (?:of )?what|out of scope|beyond what|cannot help with|can't help with`,
    `(?:didn't|did not|don't|do not|couldn't|could not|can't|cannot) (?:quite |really |fully )?(?:understand|get|catch|follow)(?: that| you| what)?|
     not (?:understand*|sure (?:what|i|how))|(?:out|outside) (?:of )?(?:my|the|our) scope|beyond (?:my|our)|rephrase|say that again|repeat that|
     (?:can't|cannot|can not|not able to|unable to|couldn't|am not able|don't|do not) (?:to )?(?:help|assist|answer|do that|handle|respond|discuss|know|have (?:that|this|any|enough|access) ?(?:information)?|provide)|
     not (?:something|able)|i only|can only|what do you mean|unclear|pardon|i'm (?:just|only|not) (?:a|an|here|able)|sorry\\?|not (?:trained|programmed|equipped|designed)|still learning`,
    'sorry|apologi*|clarif*|\\?\\?+',
    { side: 'company', needed: 1 },
  ),
  concept(
    'not authenticated',
    `(?:could not|couldn't|cannot|can't|not) be (?:authenticated|verified|identified)|fail\\w* (?:authentication|verification)|not (?:authenticated|verified)`,
    `(?:could|can|was|were|am|are|is|has|have|been|be)(?:n't| ?not|n?ot) (?:been |be |able to |possible to |successfully )*(?:authenticat\\w+|verif\\w+|identif\\w+|confirm(?:ed)? your identity)|
     unable to (?:authenticat\\w+|verify|identify|confirm)|authentication (?:has )?(?:failed|was not|unsuccessful)|(?:does|do|did)(?:n't| not) (?:match|fit|agree)|
     incorrect|wrong (?:pin|answer|number|password|account|info\\w*)|not (?:authenticated|verified|match*|correct|valid)|can(?:'t|not) (?:authenticate|verify)|couldn't (?:authenticate|verify)|invalid|failed`,
    'unsuccessful|sorry|again',
    { side: 'company', needed: 1 },
  ),
  concept(
    'refusal',
    `unavailable|not available|could not be done|couldn't be done|not possible|(?:declin|refus|reject)\\w+|unable to (?:help|do|provide)|sold out|fully booked`,
    `unfortunately|sorry,? (?:but|to (?:inform|say)|there|we|i|that|this|it|no|the|your)|(?:is|are|was|were|isn't|aren't|not) (?:not |un|no longer )(?:currently )?(?:available|possible|free|open)|isn't available|aren't available|unavailable|not available|
     (?:there|we) (?:is|are|have|'s|were) no|there's no|no (?:\\w+ ){0,3}(?:available|match*|found|results?|rooms?|flights?|tables?|availability)|
     (?:could|can|does|did|do|was|were)(?:n't| ?not) (?:be |have |find |offer |able |allow |match |provide |do |process|accommodat|book|complete|take )\\w*|
     unable to|not able to|fully booked|sold out|not (?:been )?(?:possible|successful|process)\\w*|denied|declin\\w+|reject\\w+|no longer|don't have|doesn't have|do not have|any ?more`,
    'sorry|but|only|apologi*',
    { side: 'company', needed: 1 },
  ),
  concept(
    'request',
    `ask(?:s|ed|ing)? for or propos\\w+|(?:ask|asks|request|requests|propose|proposes) (?:for )?(?:an? )?(?:action|something to be done)|
     call to action|request(?:s|ed)? action|want(?:s)? (?:me|us|the reader|someone) to do`,
    `let (?:me|us) know|lets? (?:discuss|try|get|meet|talk|plan|do|go|set|see)|should (?:we|i)|can (?:we|i|both|someone|anyone)|could (?:we|i|someone)|(?:drop|shoot) me|did you (?:get|have|respond|receive|see|ever)|have to (?:meet|get together)|would appreciate|any chance|(?:can|could|would|will) you|call me|give me|give (?:him|her|us|them)|send me|e-?mail me|get back to me|
     (?:please|pls|kindly) (?!note|see\\b|find|be advised|accept|click|do not reply|disregard)\\w+|let's|shall we|why don't (?:we|you)|
     how about|what about (?:lunch|dinner|coffee|meeting|a)|(?:we|you|i) (?:should|need to|ought to|must|have to) (?:meet|talk|discuss|get|set|schedule|call|review|plan|decide|sit|go|speak|work|look|make|do|have|send)|
     (?:would|i'd|we'd) (?:really )?(?:like|love) (?:to|you|for|your|a copy)|i (?:want|need) (?:you|your|the|a|to (?:meet|talk|discuss|get|see|know|set|schedule|speak|have|find))|
     (?:are|is|will) (?:you|anyone|everyone|he|she|this|that|it) (?:\\w+ ){0,2}(?:available|free|ok|okay|possible|able to|interested)|
     do you (?:want|have (?:time|a|any)|think you|mind|know (?:if|when|where|who|how))|(?:i|we) (?:suggest|propose|recommend|request|ask that)|i was wondering|
     would it be|is it possible|feel free|don't hesitate|do not hesitate|looking forward to (?:hearing|your)|
     if you (?:could|can|would|have (?:any )?(?:questions|time|a))|want to (?:meet|get together|grab|discuss|talk|join|come|go)|
     (?:when|what time|where|which day) (?:can|could|would|should|do|is|are) (?:we|you|i|a good|good)|
     (?:meet|discuss|get together|talk|lunch|conference call) (?:on|at|this|next|tomorrow|about|with|for) (?:monday|tuesday|wednesday|thursday|friday|\\d|this|the|your|you|me|noon)`,
    `please|discuss|call|schedule*|meet|meeting|lunch|forward|review|send|join|attend|confirm|need|tomorrow|asap|suggest*|visit|respond|reply|register|
     if you|\\?|could|contact|want|to discuss|to meet|monday|tuesday|wednesday|thursday|friday|would|today`,
    {
      against: `was|were|had|has been|have been|didn't|click|unsubscribe|he said|she said|yesterday|last (?:week|night|year)|thank you|thanks|asked|told|
        to unsubscribe|received this|if you (?:do not|don't|no longer|are not)|\\w+ed (?:the|a|to)|she|his|her|they|been`,
      needed: 0.7,
    },
  ),
  concept(
    'commitment',
    `commit(?:s|ted)?(?: to)?|promis(?:e|es|ed)|(?:agree|agrees|agreed) to (?:a |the |do )?(?:next|follow|send)\\w*|next step|undertak(?:e|es)`,
    `i'll|i will|we'll|we will|i shall|i'm (?:going to|gonna) (?!say|guess)|i am going to|we're (?:going to|gonna)|(?:let|lemme) me (?:check|send|do|get|look|see|find|ask|try|talk)|
     i promise|i(?:'d| would) (?:use|try|do|go|be|take|start|send|make)|working on|haven't done (?:it|that)|i was planning|we're (?:actually )?(?:going|gonna)|i want|i could|will do|i can (?:send|do|get|check|look|ask|try|find|put|make|write|show|give|talk|email|set|take|go|bring)|i could (?:send|do|get|check|look|ask|try|find|put|make|write|show|give|talk|set|take|just)|
     i (?:need|have|want|plan|intend|hope|mean|aim|ought|would like) to (?!say|know)|i'd like to|i've got to|i gotta|i wanna|i should (?:be able|probably|check|send|do|get|look|ask|talk|go|try)|
     i can do (?:that|this|it)|leave (?:it|that) (?:to|with) me|count on me|by (?:tomorrow|monday|friday|next week)|to do list|am planning|i was (?:going|planning) to|i'm planning|promise`,
    `next (?:week|meeting|time|step|month)|tomorrow|send*|try to|so i|let you know|my|see if|later|after (?:this|the)|soon|email|write`,
    {
      against: `you could|you can|you should|you'll|was|were|did|didn't|i guess|i mean|i think|why|if you|because|really|maybe|he|they|there's|is|are|had|or|
        i'll (?:say|tell you|bet)|don't (?:know|think)|i'd say`,
      needed: 0.6,
    },
  ),
  concept(
    'annoyance',
    'annoy*|aggressive|angr(?:y|ily)|irritat*|upset|rude|hostile|impatient|frustrat*|mad|furious|raise(?:d)? their voice|escalat*',
    `pissed|angry|annoy*|ridiculous|terribl*|horribl*|worst|useless|stupid|idiot*|hate|damn*|wtf|crap|suck|sucks|shit*|fuck*|rude|
     unacceptable|kidding|hurry|ugh+|ar+gh+|frustrat*|incompetent|dumb|fed up|wast(?:e|ing) (?:of )?(?:my )?time|forget it|lousy|outrag*|
     (?:i|we) (?:just |already |\\w+ )?(?:told|said|gave) (?:you|that|it|u)|already|what the|shut up|moron*|screw|awful|complain*|manager|supervisor|
     are you (?:serious|deaf|listening|even|sure|there|blind)|come on|(?:that's|that is|this is|it's) (?:not (?:what|right|good|ok|acceptable|fair)|crazy|insane|bad|a joke|unbelievable|bullshit|stupid|bs)|
     taking (?:so |too |forever)*|so long|listen|how hard|upset|mad|bad|lawyer|sue|never again|give up|disappoint*|bullshit|bs|hell|insane|crazy|garbage|scam|
     do your job|want to speak to|going (?:somewhere|elsewhere)|not helpful|unhelpful|get it together|right now|immediately|hopeless`,
    `!!+|\\?\\?+|\\?!|why|again|waiting|still|seriously|omg|no!|problem|not (?:happy|good|helpful|working)|nope|whatever|obviously|just|what\\?|wrong|fine|now|hello\\?|can't believe|don't (?:care|know|have)|never|too late`,
    {
      side: 'customer',
      deniable: false,
      needed: 1.3,
      against:
        'thank you so much|thanks so much|perfect|wonderful|great|awesome|no problem|appreciate|thank you very much',
    },
  ),
  concept(
    'change of mind',
    'change[ds]? (?:their|his|her|your|its) mind|chang(?:e|es|ed|ing) (?:their )?(?:request|requirements|what they want)|reconsider*|second thoughts',
    `actually|instead|chang(?:e|ed) my mind|on second thought|never ?mind|nvm|scratch that|hold on|rather|no wait|wait|or maybe|how about|what about|
     different (?:one|day|time|date|hotel|flight|restaurant|apartment|place|option)|another (?:one|day|time|date|hotel|flight|restaurant|apartment|place|option)|let's (?:do|go|try|make it|say)|
     i guess|then i(?:'ll| will| want| need)|something else|any other|change it|change that|forget (?:it|that)|in that case|anything (?:else )?(?:available|with|cheaper|on)|other (?:options|hotels|flights|restaurants|apartments|days|times)|
     what if|can (?:i|you|we) (?:change|try|make it|do)|doesn't have to|not that one`,
    'ok then|fine|maybe|no|but|hmm|either|oh',
    { side: 'customer', needed: 2.6 },
  ),
  concept(
    'confusion',
    "confus*|puzzl*|(?:not|n't|fail\\w*) (?:to )?understand|unsure|lost",
    `confus*|(?:don't|do not|didn't|not) (?:understand|get it|follow|know (?:what|how|where|which))|what do you mean|huh|i'm lost|not sure (?:what|how|where|which|if)|
     mak(?:es|e|ing) (?:no|any) sense|not making sense|unclear|what (?:is|are|does) (?:that|this|you)|wait,? what|what\\?|sorry\\?|lost|
     \\?\\?+|more (?:info|detail|details|information)|explain|why (?:do|are|did|is|would)|say that again|repeat|clarif*`,
    'why|how|where|which|pardon|again|hmm|detail',
    { side: 'customer', needed: 1 },
  ),
  concept(
    'worry',
    'worr(?:y|ied|ies)|anxious|anxiety|nervous|afraid|scared|fear*|concerned',
    `worr(?:y|ied|ies|ying|isome)|anxious|anxiety|nervous|afraid|scar(?:ed|y)|fear*|panic*|concern*|alarm*|uneasy|stress*|dread*|
     urgent*|desperat*|serious(?:ly)? (?:problem|issue|risk|concern|trouble)|at risk|threat*|trouble*|problem*|disturb*|upset*|unfortunately|
     raises? (?:significant|serious)|must be careful|exposure|liabilit*|danger*|crisis|not (?:sure|comfortable|happy)|troubling|crucial`,
    'issue*|risk*|difficult*|careful*|critical|careful|however|bad|fail*|negative|hope|problem|impact|loss*|sensitive|need to|should',
    { needed: 2.4, neededPerHundred: 3 },
  ),
  concept(
    'gratitude',
    'gratitude|grateful|thank(?:s|ed|ful)?|appreciat*',
    `thank(?:s| you| u)(?: \\w+){0,3} for|(?:really|very much|greatly|do|much|would|i|we) appreciat\\w+|appreciated|grateful|gratitude|thank you (?:so|very) much|thanks (?:so|very) much|
     many thanks|thanks (?:again|a lot|a million)|thank you again|great job|indebted|owe you|kind(?:ness)? of you|good (?:work|job)|excellent (?:work|job)`,
    'thanks|thank you|thank|appreciate*|thx|great|glad|enjoyed|wonderful|kind',
    { needed: 1, neededPerHundred: 0.5 },
  ),
  concept(
    'secrecy',
    'secre(?:t|cy|tive)|confidential*|hush|sensitive|off the record',
    `confidential*|privileged|do not (?:forward|distribute|share|copy|circulate|disclose)|not (?:for (?:distribution|circulation|release|publication)|(?:be )?(?:shared|distributed|forwarded|disclosed))|
     between (?:us|you and me)|keep (?:this|it|that) (?:\\w+ )?(?:quiet|confidential|to yourself|between|private|under|among)|secre(?:t|cy|tly)|sensitive|discreet*|discretion|not to be discussed|
     proprietary|off the record|quietly|nda|non-?disclosure|only (?:you|a few)|please (?:delete|destroy)|do not mention|don't (?:tell|mention|share|forward)|heads up|attorney.client|inside information|closely held|internal use`,
    'private|internal|disclos*|restricted|eyes only|careful|not public|public yet|leak*|rumor*|draft',
    { needed: 1 },
  ),
]

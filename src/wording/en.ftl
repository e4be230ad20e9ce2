# Guest pages
not-applicable = Not applicable
required = Required
optional = Optional
required-note = Questions marked with an asterisk need an answer.
submit = Send my answers
errors-title = { $n ->
    [one] One answer needs your attention
   *[other] { $n } answers need your attention
 }
error-required = Please choose an answer.
error-required-text = Please write an answer.
error-too-long = Please shorten this to { $longest } characters; it has { $found }.
choose-many = Choose as many as apply
at-most = At most { $longest } characters
continue = Continue
back = Back
progress = Page { $n } of { $of }
choose = Please choose
more-questions = From your answers, a few more questions follow.
other-text = In your own words
rank-note = 1 is what matters most; give each number once.
sum-note = Share out { $total } points.
range-both = From { $min } to { $max }.
range-min = At least { $min }.
range-max = At most { $max }.
nps-low = Not at all likely
nps-high = Extremely likely
csat-low = Very dissatisfied
csat-high = Very satisfied
ces-low = Strongly disagree
ces-high = Strongly agree
kano-1 = I would like it
kano-2 = I would expect it
kano-3 = I would not care
kano-4 = I could live with it
kano-5 = I would dislike it
error-required-rows = Please answer every line.
error-required-consent = Please tick the box to go on.
error-whole-number = Please write a whole number.
error-number = Please write a number with at most { $decimals } digits after the point.
error-day = Please choose a day.
error-email = Please check the e-mail address.
error-rank-twice = Please give each number only once.
error-sum = Please make it { $total } in all; it is { $found } now.
error-exclusive = “{ $choice }” cannot be combined with other answers.
full-title = Thank you for your interest
full-text = We already have enough answers from guests like you. Nothing was stored.
skip-to-questions = Skip to the questions
language-choice = Language
thanks-title = Thank you
receipt-label = Your receipt
receipt-note = With this code you can see, correct or take back your answers. It does not tell who you are.
receipt-see = See or change my answers
find-title = Your answers
find-text = Type the code that you were given after the survey.
find-submit = Show my answers
find-unknown = There are no answers with this code. Please check it.
held-title = Your answers
held-of = { $title } · { $day }
held-correct = Correct my answers
held-until = You can correct them until { $day }, { $time } (UTC).
held-too-late = The time for corrections is over.
held-withdraw = Take my answers back
held-withdraw-note = Your answers are deleted. This cannot be undone.
held-withdraw-sure = Yes, delete my answers
held-none = No answer
link-unknown-title = This link does not work
link-unknown-text = It may be incomplete. Please open it again from your invitation, as a whole.
link-used-title = You have already answered
link-used-text = Your answers have arrived. Thank you! This link works once.
link-revoked-title = This link has been withdrawn
link-revoked-text = Whoever invited you has called the invitation back. Nothing is needed of you.
link-expired-title = This link has expired
link-expired-text = The time for answering is over. Thank you for wanting to help.
resumed = Welcome back. Your earlier answers are here.
draft-saved = Your answers so far are saved
kiosk-unknown-title = This device is not set up
kiosk-unknown-text = Please open the link that was made for this device. If it was revoked, ask for a new one.
kiosk-wrong-title = This code is not right
kiosk-wrong-text = After five wrong codes wait a minute.
kiosk-wrong = This code is not right. After five wrong codes wait a minute.
kiosk-offline = There is no network, and the code is checked there. Please try again when it is back.
kiosk-staff = Staff
kiosk-still = Are you still there?
kiosk-yes = Yes, go on
kiosk-leave = For staff
kiosk-waiting = Answers on this device that have not been sent yet:
kiosk-code = Exit code
kiosk-exit = Leave the kiosk
too-many-title = Please wait a moment
too-many-text = Many answers come from your network right now. Yours are still in your browser: please go back and send them again in a minute.
trap = Leave this empty
withdrawn-title = Your answers have been deleted
withdrawn-text = You took them back. Nothing of them is left.
too-late-title = These answers can no longer be corrected
too-late-text = The time for corrections is over. With your code you can still see them or take them back.
correcting = You are correcting answers that you sent before.
of-points = { $n } of { $of }
ticked = Yes
next-guest = Next guest
next-guest-note = This page returns to the start by itself.
anonymous-note = Answered without your name.

# Pages that say no
not-found-title = This page does not exist
not-found-text = The address may be incomplete. Please open the link in your invitation again, or scan the code again.
closed-title = This survey is closed
closed-text = It no longer takes answers. Thank you for wanting to help.
forged-title = These answers could not be read
forged-text = Something in the page was changed on its way. Nothing was stored. Please open the survey again.
expired-title = This page is out of date
expired-text = Please open the survey again from your link. Nothing was stored.
too-large-title = That is too much at once
too-large-text = The answers are larger than this survey accepts. Please shorten your texts.
busy-title = We cannot save your answers right now
busy-text = Your answers are still in your browser. Please go back and send them again in a minute.
broken-title = Something went wrong on our side
broken-text = Nothing you did caused this. Please try again in a few minutes.
bad-filter-title = This filter cannot be read
bad-filter-text = Days are written like 2026-11-21, and the last day is not before the first. Each part of a filter is given once.
unavailable-title = This page is not available right now
unavailable-text = Please try again in a minute.
not-signed-in-title = Please sign in
not-signed-in-text = This page is for people with an account.
not-allowed-title = Your account does not reach this far
not-allowed-text = Ask whoever manages accounts for a role here.
foreign-origin-title = This form comes from another site
foreign-origin-text = Nothing was done. Please open the page here and try again.
token-unknown-title = This token is not good
token-unknown-text = It is unknown, was removed, or has expired.
welcome-gone-title = This link is not good any more
welcome-gone-text = It was used, or is more than two days old. Ask for a new one.
sign-in = Sign in
sign-out = Sign out
sign-in-with = Sign in with { $name }
sign-in-too-many = Too many passwords were tried for this address. Wait some minutes, use a browser in which you have signed in before, or have a new link sent.
code = Code
code-help = Six digits from your app, or one of the recovery codes.
code-title = Your second factor
code-failed = This is not the code, or it has been used. Please try again with the next one.
forgot-link = Forgotten your password?
forgot-title = A new password
forgot-lead = We send you a link with which you set it.
forgot-submit = Send the link
forgot-sent = If there is an account with this address, a link is on its way. It is good for two days.
name = Name
email-failed = This is no e-mail address.
setup-title = Welcome to Soundings
setup-lead = Make the first account. It may do everything; it can give others less.
setup-analyst = May it read single answers?
setup-analyst-yes = Yes
setup-analyst-no = No, figures only
setup-submit = Go on to the password
factor-heading = Second factor
factor-title = Set up a second factor
factor-lead = Take the picture with an app that makes codes, then type the code that it shows.
factor-by-hand = Or type this secret into the app:
factor-submit = Set up
factor-set-up = Set up a second factor
factor-remove = Remove the second factor
factor-wrong-title = This is not the code
factor-wrong-text = It is of another minute, or has been used. Nothing has changed.
recovery-title = Keep these codes
recovery-lead = Each lets you in once if you lose the app. They are not shown again.
recovery-done = I have kept them
recovery-left = { $n ->
    [0] It is set up. No recovery code is left.
    [one] It is set up. One recovery code is left.
   *[other] It is set up. { $n } recovery codes are left.
 }
changed-title = This has changed since
changed-text = Read it again, then change it.
key-reused-title = This idempotency key is in use
key-reused-text = It belongs to another request, or to one that is being done.
taken-title = This name is taken
taken-text = Choose another one.
bad-template-title = This template has faults
bad-template-text = Nothing was published.
no-method-title = This cannot be done here
no-method-text = The address is known, but not for this.
bad-table-title = What was sent cannot be read
bad-table-text = Nothing after the place where it broke off was taken.
bad-answers-title = These answers cannot be taken
bad-answers-text = Nothing was stored.
bad-units-title = This cannot be taken
bad-units-text = Nothing was changed.
no-provider-title = Signing in there did not work
no-provider-text = Please try again from the beginning. If it fails again, whoever runs this server finds the reason in its log.
no-mail-title = This server sends no mail
no-mail-text = Ask whoever manages accounts for a new link.
mail-reset-subject = Set your Soundings password
mail-reset-body =
    Follow this link to set your password. It is good once, for { $hours } hours.

    { $link }

    If you did not ask for it, do nothing: your password stays as it is.
mail-invitation-subject = Your account at Soundings
mail-invitation-body =
    There is an account for you. Follow this link to set its password; it is good once, for { $hours } hours.

    { $link }
sign-in-failed = Address and password do not belong together. Please try again.
sign-in-note = Forgotten? Whoever manages accounts can send you a new link.
email = E-mail address
password = Password
password-new = New password
password-help = At least { $n } characters. A few words that nobody says in this order are strong and easy to keep.
password-short = Please use at least { $n } characters.
password-long = Please use at most 200 characters.
password-guessable = This one is guessed early: it is common, or made of names, dates or patterns. Please take another.
welcome-title = Set your password
welcome-submit = Set and sign in
account-roles = What you may see
account-no-roles = Nothing yet. Ask whoever manages accounts for a role.
account-sessions = Where you are signed in
account-this-one = here
account-end-others = Sign out everywhere else
role-administrator = Administrator
role-analyst = Analyst: reports and single responses
role-manager = Manager: reports
role-viewer = Viewer: reports
role-export = Export: single responses for a program
role-at = { $role } ({ $unit } and below)
back-to-survey = Open the survey again
back-to-report = Back to the report

# Report
report-title = Satisfaction report
report-of = Satisfaction report: { $scope }
index-of = { $name } index
of-100 = of 100
interval = { $level }% confidence interval
interval-range = { $low } to { $high }
responses-count = { $n ->
    [one] { $n } response
   *[other] { $n } responses
 }
through = Responses through { $date }
responses-few = Fewer than { $least } responses
base-low = Low base: below { $full } responses an index says little, and takes no rank.
basis-groups = So that nobody can be singled out, answers are shown in groups of at least { $least } of one house. The latest, fewer than { $twice } of each, wait until there are more or the month is over.
no-responses = No responses yet
filter-title = Whose answers
filter-unit = Unit
filter-all = The whole group
filter-from = From
filter-to = To
filter-apply = Show
report-anonymous = This survey is anonymous: answers are counted ten at a time, and up to nine more may be waiting.
filter-unflagged = Without flagged answers
filter-clear = Show everything
summary-index = { $name } stands at { $score } points of 100; with { $level }% confidence it lies between { $low } and { $high }.
summary-first = Most is to be gained from { $first }.
summary-spread = Properties range from { $lowest } ({ $low }) to { $highest } ({ $high }).
too-few-title = Not enough responses for an index
too-few-text = An index is shown from { $needed } responses. So far there { $n ->
    [0] are none.
    [one] is one.
   *[other] are { $n }.
 }
too-few-hidden = An index is shown from { $needed } responses; a number of responses from { $least }.
not-estimable-title = The index cannot be computed yet
not-estimable-text = The answers so far do not allow it ({ $reason }). It will appear as soon as they do.
no-model-title = This survey has no index
no-model-text = Its template has no model. Its answers can be exported.
constructs-title = The five measures behind it
constructs-title-other = The measures behind it
constructs-note = Each is an index from 0 to 100, with its interval. Influence: how many points the headline index gains when this one gains one.
construct = Measure
score = Index
influence = Influence
influence-none = outcome
explained = Explained
path-title = What leads to what
path-note = A path of 0.50: when the cause is one standard deviation higher, the effect is half a standard deviation higher, all else equal. Dashed: the interval includes zero, so the data do not tell the sign.
path-from = From
path-to = To
path-estimate = Path
path-desc = { $n ->
    [one] One path between the measures
   *[other] { $n } paths between the measures
 }. The strongest leads from { $from } to { $to } ({ $estimate }).
priority-title = What to improve first
priority-note = Right: matters more for the headline index. Low: guests rate it lower. The list begins with what the index would gain most from if guests rated it 100.
priority-rank = No.
priority-item = Rated by guests
priority-importance = Importance
priority-performance = Performance
priority-desc = { $n ->
    [one] One rating
   *[other] { $n } ratings
 } by importance and performance. Most to gain: { $first }.
quadrant-first = Improve first
quadrant-keep = Keep it up
quadrant-low = Low priority
quadrant-fine = Good enough
scores-title = Scores
scores-note = Computed for each response as the questionnaire says, then averaged, from thirty responses with 95% intervals; categories as shares.
means-title = What was rated, on average
means-note = Means on each question's own scale, of those who rated it.
means-scale = Scale
score-name = Score
score-mean = Mean
category-attractive = attractive
category-one-dimensional = one-dimensional
category-must-be = must-be
category-indifferent = indifferent
category-reverse = reverse
category-questionable = questionable
properties-title = Properties
properties-note = The same weights for all, so that the figures compare. Below { $needed } responses only the count is shown, below { $least } nothing; below { $full } the index is of a low base and takes no rank.
property = Property
responses = Responses
months-title = Month by month
months-note = The line is the headline index with its interval; the bars are the number of responses. Months with fewer than { $needed } responses show only their count.
months-desc = From { $first } to { $last }: lowest { $low } in { $lowmonth }, highest { $high } in { $highmonth }.
month = Month
too-few-short = too few
low-short = low base
as-table = As a table
scheme-path = path
method-title = How these figures are made
method-text = Partial least squares path model, { $scheme } scheme, mode A, missing answers replaced by the question's mean; weights from all { $pooled } responses of the survey, whatever the filter. Index after Fornell et al. (1996) on the ends of the answer scale. Intervals: { $used } of { $requested } bootstrap resamples, seed { $seed }, percentile method.
method-digest = Data { $data }, revision { $revision }, engine { $engine }.
method-json = The same report for machines
method-csv = All responses as CSV

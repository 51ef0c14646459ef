/** Makes the readers, mails and messages of one alert. */
export const TELL = 'alerts.tell'
/** Sends the alerts that wait for each other. */
export const TOGETHER = 'alerts.together'
/** Hands one mail over. */
export const DELIVER_MAIL = 'alerts.mail'
/** Sends one webhook message. */
export const DELIVER_WEBHOOK = 'alerts.webhook'

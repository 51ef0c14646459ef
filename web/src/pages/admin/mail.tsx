import { Modal } from '@mantine/core'
import { useState } from 'react'
import { useList } from '../../api/queries.ts'
import type { Mail } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { Card, Empty, Page } from '../../ui/parts.tsx'
import { JobStatus } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'

/** Every mail that was written, and whether it went out. */
export function MailPage() {
  const { times } = useHere()
  const mails = useList<Mail>('/v1/mails', {}, { everyMs: 10_000 })
  const [shown, setShown] = useState<Mail>()
  return (
    <Page title="Mail" intro="Without a mail server, mails are kept here and nowhere else.">
      <Card flush>
        <ListTable
          what="mails"
          of={mails}
          caption="Mails, newest first"
          id={({ id }) => id}
          empty={
            <Empty title="No mail yet">
              Thresholds and stopped trackers are told to the admins.
            </Empty>
          }
          columns={[
            {
              head: 'Subject',
              lead: true,
              cell: (mail) => (
                <button type="button" className="link" onClick={() => setShown(mail)}>
                  {mail.subject}
                </button>
              ),
            },
            { head: 'To', cell: ({ to }) => to },
            { head: 'Status', cell: ({ status }) => <JobStatus status={status} /> },
            {
              head: 'When',
              cell: ({ at }) => <span className="num soft">{times.moment(at)}</span>,
            },
          ]}
        />
      </Card>
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={shown?.subject}
        size="lg"
      >
        <p className="muted small" style={{ marginBottom: 12 }}>
          To {shown?.to}
        </p>
        <p style={{ whiteSpace: 'pre-wrap' }}>{shown?.text}</p>
      </Modal>
    </Page>
  )
}

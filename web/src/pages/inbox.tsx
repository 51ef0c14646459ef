import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import { useChange, useList } from '../api/queries.ts'
import type { Notification as Notice } from '../api/types.ts'
import { useHere } from '../session.ts'
import { Card, Empty, Failed, Loading, Page } from '../ui/parts.tsx'

/** What the person was told: thresholds, stopped trackers, budgets, finished work. */
export function InboxPage() {
  const { times } = useHere()
  const notices = useList<Notice>('/v1/notifications', {}, { everyMs: 10_000 })
  const read = useChange((ids: string[]) =>
    Promise.all(ids.map((id) => api.post(`/v1/notifications/${id}/read`))),
  )
  const unread = notices.rows?.filter(({ readAt }) => readAt === null) ?? []
  return (
    <Page
      title="Notifications"
      actions={
        unread.length > 0 && (
          <Button
            variant="default"
            loading={read.isPending}
            onClick={() => read.mutate(unread.map(({ id }) => id))}
          >
            Mark all as read
          </Button>
        )
      }
    >
      <Card flush style={{ maxWidth: 820 }}>
        {!notices.rows ? (
          notices.error ? (
            <Failed what="notifications" error={notices.error} retry={notices.refetch} />
          ) : (
            <Loading lines={6} height={24} />
          )
        ) : notices.rows.length === 0 ? (
          <Empty title="Nothing yet">
            Thresholds, stopped trackers and budgets are told here, and by mail to the admins.
          </Empty>
        ) : (
          <ul className="plain">
            {notices.rows.map((notice) => (
              <li
                key={notice.id}
                className="row"
                style={{
                  padding: '12px 16px',
                  borderBottom: '1px solid var(--border)',
                  alignItems: 'flex-start',
                }}
              >
                <span
                  aria-label={notice.readAt ? 'read' : 'unread'}
                  role="img"
                  style={{
                    width: 8,
                    height: 8,
                    marginTop: 7,
                    borderRadius: 4,
                    background: notice.readAt ? 'transparent' : 'var(--accent)',
                    flex: 'none',
                  }}
                />
                <div className="grow">
                  <p style={{ fontWeight: notice.readAt ? 400 : 600 }}>
                    {notice.path ? (
                      <Link to={notice.path} onClick={() => read.mutate([notice.id])}>
                        {titleOf(notice)}
                      </Link>
                    ) : (
                      titleOf(notice)
                    )}
                  </p>
                  {notice.text && (
                    <p className="soft small" style={{ whiteSpace: 'pre-line' }}>
                      {notice.text}
                    </p>
                  )}
                </div>
                <span className="muted small num">{times.moment(notice.at)}</span>
                {!notice.readAt && (
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    onClick={() => read.mutate([notice.id])}
                  >
                    Read
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Card>
    </Page>
  )
}

function titleOf({ title, kind, thresholds }: Notice): string {
  if (title) return title
  return kind === 'threshold' && thresholds
    ? `${thresholds.join(', ')} % of the credits are used`
    : kind.replaceAll('_', ' ')
}

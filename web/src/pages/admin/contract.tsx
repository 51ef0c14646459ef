import { Button, NumberInput, Select, Switch, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiProblem, api } from '../../api/client.ts'
import { useApi, useChange } from '../../api/queries.ts'
import type { Contract, SeatChange } from '../../api/types.ts'
import { creditsText, type Micros, microsOf, ZERO } from '../../credits.ts'
import { useHere } from '../../session.ts'
import {
  Card,
  Credits,
  Empty,
  Failed,
  FormError,
  fieldError,
  Gated,
  Loading,
  onlyTechAdmins,
  Page,
} from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { DataTable } from '../../ui/table.tsx'
import { seats as seatNames } from '../../words.ts'
import { currentYear } from '../credits/period.tsx'

type Seat = Contract['seats'][number]

/** The source of the default credits: term, contract years, and seats. */
export function ContractPage() {
  const { can } = useHere()
  const contract = useApi<Contract>('/v1/contract')
  const isNone = contract.error instanceof ApiProblem && contract.error.status === 404
  return (
    <Page
      title="Contract and seats"
      intro="Default credits come with each core seat, and anew with each contract year."
    >
      {contract.data && !isNone ? (
        <Shown contract={contract.data} />
      ) : isNone ? (
        can('admin') ? (
          <NewContract />
        ) : (
          <Card>
            <Empty title="No contract yet">A tech admin sets it.</Empty>
          </Card>
        )
      ) : contract.error ? (
        <Failed what="the contract" error={contract.error} retry={contract.refetch} />
      ) : (
        <Loading />
      )}
    </Page>
  )
}

function perYear({
  core,
  count,
  creditsPerSeat,
}: Pick<Seat, 'core' | 'count' | 'creditsPerSeat'>): Micros {
  return core ? microsOf(creditsPerSeat) * BigInt(count) : ZERO
}

function Shown({ contract }: { contract: Contract }) {
  const { times, can, now } = useHere()
  const year = currentYear(contract)
  const total = contract.seats.reduce((sum, seat) => sum + perYear(seat), ZERO)
  const years = contract.terms.flatMap((term) => term.contractYears)
  const moment = now().toISOString()
  return (
    <div className="stack">
      <Card title="Seats" flush note="As they count at the next reset.">
        <DataTable
          caption="Seats"
          rows={contract.seats}
          id={({ type }) => type}
          columns={[
            {
              head: 'Seat',
              lead: true,
              cell: ({ type, core }) => (
                <>
                  {seatNames[type]} {!core && <Pill tone="outline">not core, brings none</Pill>}
                </>
              ),
              foot: 'Each contract year',
            },
            {
              head: 'Count',
              right: true,
              cell: ({ count }) => <span className="num">{count.toLocaleString('en-US')}</span>,
            },
            {
              head: 'Credits per seat',
              right: true,
              cell: ({ creditsPerSeat }) => <Credits value={creditsPerSeat} />,
            },
            {
              head: 'A year',
              right: true,
              amount: true,
              cell: (seat) => <Credits value={perYear(seat)} />,
              foot: <Credits value={total} />,
            },
          ]}
        />
      </Card>
      <div className="grid-2" style={{ alignItems: 'start' }}>
        <Card
          title="Contract years"
          note={`${contract.terms.length === 1 ? 'One term' : `${contract.terms.length} terms`}, in ${contract.timezone}`}
          flush
        >
          <DataTable
            caption="Contract years"
            rows={years.map((one, place) => ({ ...one, number: place + 1 }))}
            id={({ start }) => start}
            columns={[
              { head: 'Year', lead: true, cell: ({ number }) => number },
              { head: 'From', cell: ({ start }) => times.day(start) },
              { head: 'Last day', cell: ({ end }) => times.lastDay(end) },
              {
                head: '',
                cell: ({ start, end }) =>
                  year?.start === start ? (
                    <Pill tone="ok">Now</Pill>
                  ) : end <= moment ? (
                    <span className="muted">Over</span>
                  ) : (
                    <span className="muted">Ahead</span>
                  ),
              },
            ]}
          />
        </Card>
        {can('admin') ? (
          <AddSeats contract={contract} />
        ) : (
          <Card title="Change seats">
            <Gated reason={onlyTechAdmins}>Add seats</Gated>
          </Card>
        )}
      </div>
    </div>
  )
}

function AddSeats({ contract }: { contract: Contract }) {
  const [type, setType] = useState<string>(contract.seats[0]?.type ?? 'foundation')
  const [count, setCount] = useState<number | string>(1)
  const change = useChange(async () => {
    const made = await api.post<SeatChange>('/v1/contract/seats', { type, count: Number(count) })
    notifications.show({
      title: 'Seats changed',
      message: made.grant
        ? 'They brought credits at once, in proportion to the rest of the year.'
        : 'They change nothing until the next reset.',
    })
  })
  return (
    <Card
      title="Change seats"
      note="More seats bring credits at once, in proportion; fewer count from the next reset."
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate(undefined)
        }}
      >
        <div className="row" style={{ alignItems: 'flex-end' }}>
          <Select
            label="Seat"
            allowDeselect={false}
            value={type}
            onChange={(value) => setType(value ?? 'foundation')}
            data={Object.entries(seatNames).map(([value, label]) => ({ value, label }))}
          />
          <NumberInput
            label="Add, or take with −"
            w={140}
            value={count}
            onChange={setCount}
            allowDecimal={false}
          />
          <Button type="submit" loading={change.isPending} disabled={!Number(count)}>
            Change
          </Button>
        </div>
        <FormError error={change.error} />
      </form>
    </Card>
  )
}

function NewContract() {
  const { times, now } = useHere()
  const [startDate, setStart] = useState(`${times.iso(now()).slice(0, 7)}-01`)
  const [termMonths, setMonths] = useState<number | string>(12)
  const [rows, setRows] = useState([
    { type: 'foundation', count: 10, core: true, creditsPerSeat: 24_000 },
  ])
  const change = (place: number, part: Partial<(typeof rows)[number]>) =>
    setRows(rows.map((row, at) => (at === place ? { ...row, ...part } : row)))
  const total = rows.reduce((sum, row) => sum + perYear(row), ZERO)
  const free = Object.keys(seatNames).find((type) => !rows.some((row) => row.type === type))
  const save = useChange(() =>
    api.put('/v1/contract', { startDate, termMonths: Number(termMonths), seats: rows }),
  )
  return (
    <form
      className="stack"
      style={{ maxWidth: 820 }}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(undefined)
      }}
    >
      <Card title="Term">
        <div className="row wrap" style={{ alignItems: 'flex-end' }}>
          <TextInput
            label="Starts on"
            type="date"
            required
            withAsterisk={false}
            value={startDate}
            onChange={(event) => setStart(event.currentTarget.value)}
            error={fieldError(save.error, 'startDate')}
          />
          <NumberInput
            label="Months"
            w={110}
            min={1}
            max={120}
            value={termMonths}
            onChange={setMonths}
          />
        </div>
      </Card>
      <Card title="Seats">
        <div className="stack">
          {rows.map((row, place) => (
            <div key={row.type} className="row wrap" style={{ alignItems: 'flex-end' }}>
              <Select
                label="Seat"
                w={190}
                allowDeselect={false}
                value={row.type}
                onChange={(type) => change(place, { type: type ?? row.type })}
                data={Object.entries(seatNames).map(([value, label]) => ({
                  value,
                  label,
                  disabled: value !== row.type && rows.some((one) => one.type === value),
                }))}
              />
              <NumberInput
                label="Count"
                w={100}
                min={0}
                value={row.count}
                onChange={(count) => change(place, { count: Number(count) })}
              />
              <NumberInput
                label="Credits per seat and year"
                w={180}
                min={0}
                thousandSeparator=","
                value={row.creditsPerSeat}
                onChange={(credits) => change(place, { creditsPerSeat: Number(credits) })}
              />
              <Switch
                label="Core"
                checked={row.core}
                onChange={(event) => change(place, { core: event.currentTarget.checked })}
                style={{ paddingBottom: 8 }}
              />
              {rows.length > 1 && (
                <Button
                  variant="subtle"
                  color="gray"
                  onClick={() => setRows(rows.filter((_row, at) => at !== place))}
                >
                  Remove
                </Button>
              )}
            </div>
          ))}
          {free && (
            <Button
              variant="default"
              style={{ alignSelf: 'flex-start' }}
              onClick={() =>
                setRows([...rows, { type: free, count: 0, core: true, creditsPerSeat: 24_000 }])
              }
            >
              Another kind of seat
            </Button>
          )}
        </div>
      </Card>
      <FormError error={save.error} />
      <div className="spread wrap">
        <p className="num">
          <b>{creditsText(total)}</b> default credits each contract year
        </p>
        <Button type="submit" loading={save.isPending}>
          Set the contract
        </Button>
      </div>
      <p className="muted small">
        Purchased credits are added under <Link to="/credits/grants">Grants</Link>.
      </p>
    </form>
  )
}

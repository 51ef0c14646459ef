// The people and customers of the demo. All of them are invented; their addresses cannot be reached.

export const company = { name: 'Tern & Co (demo)', timezone: 'Europe/Oslo' }

export const admin = { name: 'Ada Lind', email: 'ada@tern.example' }

export const teams = [
  { id: 'sales', name: 'Sales' },
  { id: 'service', name: 'Service' },
  { id: 'success', name: 'Customer success' },
]

export const members = [
  member('bo', 'Bo Aasen', 'sales', 'business_admin'),
  member('cem', 'Cem Aydin', 'sales', 'member', 'team'),
  member('dina', 'Dina Berg', 'sales'),
  member('emil', 'Emil Costa', 'sales'),
  member('fay', 'Fay Dubois', 'service', 'business_admin'),
  member('gus', 'Gus Ekman', 'service'),
  member('hana', 'Hana Fujii', 'service'),
  member('ivo', 'Ivo Grgic', 'service'),
  member('june', 'June Hall', 'service'),
  member('kai', 'Kai Ito', 'success', 'member', 'own'),
  member('lea', 'Lea Jansen', 'success'),
  member('max', 'Max Kaya', 'success'),
]

export const accounts = [
  account('brightwater', 'Brightwater Bank', ['Anna', 'Bilal']),
  account('fjordline', 'Fjordline Travel', ['Chiara', 'Dmitri']),
  account('halcyon', 'Halcyon Hotels', ['Eun-ji', 'Femi']),
  account('larkspur', 'Larkspur Clinics', ['Greta', 'Hiro']),
  account('northgate', 'Northgate Homes', ['Ines', 'Jonas']),
  account('oakandash', 'Oak & Ash Catering', ['Kavya', 'Liam']),
]

export const leads = [
  { id: 'pinecrest', name: 'Noor Pinecrest', email: 'noor@pinecrest.example' },
  { id: 'saltmarsh', name: 'Otis Saltmarsh', email: 'otis@saltmarsh.example' },
  { id: 'willowby', name: 'Pia Willowby', email: 'pia@willowby.example' },
]

/** Who beside the administrator can sign in, with the administrator's password: one of each role. */
export const signsIn = ['bo', 'cem']

function member(id: string, name: string, teamId: string, role = 'member', visibility = 'all') {
  const email = `${id}@tern.example`
  return { id, name, email, role, visibility, teamIds: [teamId], primaryTeamId: teamId }
}

function account(id: string, name: string, first: string[]) {
  const domain = `${id}.example`
  const contacts = first.map((one) => ({
    id: `${id}-${one.toLowerCase()}`,
    name: one,
    email: `${one.toLowerCase().replace('-', '')}@${domain}`,
    accountId: id,
  }))
  return { id, name, domains: [domain], contacts }
}

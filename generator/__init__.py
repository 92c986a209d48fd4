"""Appshelf: app offerings in, a static app store out.

    build           the main flow, readable in one screen; start here
    cli             subcommands to functions
    settings        `Store` (content/store.toml) and `Settings` (the flags)
    errors          the tree of errors
    credentials     what proves who asks the API, shown to nobody
    models          `Offering`, every field of the API; `PublicOffering`, what a page may show
    fields          the API's value types, each with its limit
    characters      what deceives a reader, left out of every page
    documents       authors' files read under limits;  reasons  broken rules in words, with their positions
    catalog         records checked, each and against each other
    content         the content folder as a source;  content_writer  the other direction
    toml_edit       an offering.toml changed in place;  toml_text  values as TOML
    record_file     a JSON file of API records as a source;  api_source  the API as one
    origin          which of them a build reads, and where the files of its offerings come from
    filters         which records a list of the API is asked for, read and written;  matching  picked and put in order
    starter         what `appshelf init` and `appshelf new` write;  schemas  JSON Schemas of the TOML files
    downloads       pictures and attachments copied for the site;  wanted  which of them;  fetch  one of them
    networks        which machines they may come from
    cache           what is remembered between builds;  download_cache  the copies of earlier ones
    client          the API as typed calls;  client_writes  an offering created once
    paging          a list over its pages;  attachment_uploads  files to the attachment storage
    api_requests    requests to one API, checked;  authorization  the token, kept and renewed
    patience        asking again;  pacing  how long to wait;  links  the Link header
    strict_json     JSON that reads one way;  redaction  others' words without secrets
    wire            one request, one answer, within limits;  connections  deadlines that no host can stretch
    markup          text to safe HTML and to plain words, in steps:
    markup_words    deceiving characters out, words gathered;  markup_parser  text to tokens;  account_markup
    markup_tokens   tokens rewritten;  markup_headings  levels and ids;  markup_addresses  what may be a link
    markup_policy   the allow-list, last;  markup_values  what the steps share
    assets          pictures and attachments under their hashes;  drawings  SVG;  monograms;  filetypes
    hints           what `appshelf check` tells beyond the rules
    public          from a checked listing to its `PublicOffering`
    pages           which pages exist, at which path;  addresses  slugs and links;  records  the /v1 files
    record_schemas  and what they look like, for programs
    cards           offerings as lists show them;  finder  what a browser searches and chooses from
    likeness        which of them are related
    history         what changed in texts;  history_file  as it is kept;  news  by app and date, for lists and feeds
    differences     what differs in texts;  runs  word by word;  edits  the fewest;  markup_blocks  a text in lines
    topics          what buyers ask about security, and the sentences that name it;  matrix  apps by topics
    render          pages to bytes;  languages  the words that no offering brings
    headers         what a host should send with the site
    spread          the same work on several cores
    preview         the store while its author works on it:
    preview_server  who may ask, who is told;  preview_answers  what is answered;  panel  what is laid over a page
    workshop        an edition after every change;  remembered  what did not change;  watching  when something did
    templates_now   the templates as an edition has them
    provenance      where a part of a page is written;  excerpts  the lines around a problem
    api             the App Offerings API over the content folder;  api_handlers  what each address answers:
    api_server      its socket;  api_console  what it tells;  api_guard  who may ask;  door  by which name
    api_index       offerings in memory;  api_records  as the API gives them;  api_paging  a page of them
    api_bodies      a write's values;  api_writes  what they ask for;  api_store  edits of files;  safe_edits  none lost
    api_files       uploads and downloads;  api_faults  misbehaviour on purpose
    api_docs        the API described;  api_schemas  its values;  api_answers  its words
    writer          stage, then commit;  output_folder  what is ours to write;  manifest  what a build made
    fulltext        the full-text index of a committed site, made by Pagefind

Imports point down only:

    cli
    api_console
    api_server
    api
    api_handlers
    api_faults
    api_guard  api_docs
    api_store  api_schemas
    api_files  api_index  api_paging
    api_writes
    api_bodies  api_records
    api_answers
    preview
    preview_server
    preview_answers
    panel
    workshop
    build  starter  provenance  watching
    public  render  fulltext  schemas  history
    origin  writer
    content_writer
    toml_edit
    toml_text
    remembered  downloads  history_file
    wanted  pages  assets  content  record_file  api_source  hints  output_folder  client
    finder  matrix  news  likeness
    cards  topics  record_schemas
    catalog  settings  records
    matching  client_writes  attachment_uploads
    filters  api_requests  paging
    models  markup  authorization  links  markup_blocks
    markup_tokens  differences
    markup_addresses
    markup_headings
    markup_policy
    markup_words  markup_parser  languages
    markup_values  reasons
    excerpts
    documents  fields  headers  drawings  monograms  filetypes  addresses  manifest  spread  account_markup
    templates_now  fetch  download_cache  patience  door  safe_edits
    wire  credentials  networks  cache  pacing  strict_json  redaction  runs
    errors  characters  connections  edits
"""

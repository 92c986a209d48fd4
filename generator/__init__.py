"""Appshelf: app offerings in, a static app store out.

    build           the main flow, readable in one screen; start here
    cli             subcommands to functions
    settings        `Store` (content/store.toml) and `Settings` (the flags)
    errors          the tree of errors
    models          `Offering`, every field of the API; `PublicOffering`, what a page may show
    fields          the API's value types, each with its limit
    documents       authors' files read under limits; broken rules told with their positions
    catalog         records checked, each and against each other
    content         the content folder as a source;  content_writer  the other direction
    record_file     a JSON file of API records as a source
    starter         what `appshelf init` and `appshelf new` write;  schemas  JSON Schemas of the TOML files
    markup          text to safe HTML and to plain words
    assets          pictures and attachments under their hashes;  drawings  SVG and monograms;  filetypes
    hints           what `appshelf check` tells beyond the rules
    public          from a checked listing to its `PublicOffering`
    pages           which pages exist, at which path;  addresses  slugs and links;  records  the /v1 files
    render          pages to bytes
    spread          the same work on several cores
    writer          stage, then commit;  manifest  what a build made

Imports point down only:

    cli
    build  starter
    public  render  writer  schemas
    content_writer
    pages  assets  content  record_file  hints
    catalog  settings  records
    models  markup
    documents  fields  drawings  filetypes  addresses  manifest  spread  account_markup
    errors
"""

"""Questions from other systems and for them: one module for each format, one neutral model between.

    sniff      which format a file is, and its questions in the model
    model      `ImportedItem`: one question in one or more languages, with notes on what became of it
    packages   archives, opened with care
    xml        XML, parsed with care, and a count of what was not used
    html       foreign markup to what a question may hold
    media      pictures
    content    the model to `ItemContent`, and back
    gift, aiken, moodle_xml, cloze, qti2, qti3, spreadsheet    the formats

Nothing here writes to the database: `assessments.importing` and `assessments.exporting` do.
"""

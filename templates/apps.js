appshelf.found({{ list | tojson }});

"""What must survive a restart: tables, repositories, migrations."""

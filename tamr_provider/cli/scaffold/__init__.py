"""What `tamr init` writes, and which tamr-provider the project installs."""

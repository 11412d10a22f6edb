"""The files of a new project, and which tamr-provider it installs."""

"""The whole result of a search as a file: CSV and XLSX for people, JSON Lines for programs.

Every row shows what the caller may see, and names the directories that it is made of with their licences.
"""
